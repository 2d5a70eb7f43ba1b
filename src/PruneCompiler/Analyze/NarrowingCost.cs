namespace PruneCompiler.Analyze;

/// <summary>When it pays to copy the slices that a consumer needs out of a value that has others too.</summary>
internal static class NarrowingCost
{
    /// <summary>Multiply-adds that cost as much as copying one element: a load, a store, and the copy's own loop.</summary>
    public const int PerSlice = 4;
}
