using PruneCompiler.Emit;

namespace PruneCompiler.Plan.Schedule;

/// <summary>An activation that a step reads by rows.</summary>
/// <param name="Storage">Where it lies.</param>
/// <param name="Reach">Which of its rows a row of the result needs.</param>
public sealed record RowRead(Storage Storage, RowReach Reach)
{
    /// <summary>Reads the same row only, as a residual operand is read.</summary>
    public static RowRead Same(Storage storage) => new(storage, new RowReach(1, 0, 0));

    /// <summary>True when it is what the other step writes, as a whole and as it lies.</summary>
    public bool Is(Storage written) => Storage.Place == written.Place && Storage.Shape.Equals(written.Shape) && Storage.Strides.SequenceEqual(written.Strides);
}

/// <summary>A step over the rows of an activation.</summary>
/// <param name="Writes">The activation.</param>
/// <param name="Reads">What it reads by rows; first what it computes from, then operands that are added.</param>
public sealed record RowStep(Storage Writes, params IReadOnlyList<RowRead> Reads)
{
    /// <summary>Bytes of weights that it reads, for any number of rows.</summary>
    public long Weights { get; init; }

    /// <summary>Rows that its kernel takes together: with fewer it is slower.</summary>
    public int Tile { get; init; } = 1;
}
