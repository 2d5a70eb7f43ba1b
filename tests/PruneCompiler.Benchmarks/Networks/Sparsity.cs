namespace PruneCompiler.Benchmarks.Networks;

/// <summary>What pruning is imitated on seeded random weights.</summary>
/// <param name="Name">Column of the tables.</param>
/// <param name="Zeros">Share of single weights (or blocks) at zero.</param>
/// <param name="BlockRows">Output channels that are zero together: 1 for unstructured.</param>
/// <param name="HalfTheFilters">Every second filter, neuron or head is zero.</param>
internal sealed record Sparsity(string Name, double Zeros = 0, int BlockRows = 1, bool HalfTheFilters = false)
{
    /// <summary>The columns of the tables.</summary>
    public static IReadOnlyList<Sparsity> All { get; } =
    [
        new("dense"),
        new("70 %", 0.7),
        new("80 %", 0.8),
        new("90 %", 0.9),
        new("95 %", 0.95),
        new("half of the filters", HalfTheFilters: true),
        new("blocks of 4 x 1 at 90 %", 0.9, 4),
    ];
}
