namespace PruneCompiler.Plan.Cost;

/// <summary>
/// What kernels cost on a kind of processor, in cycles: every constant that strategies are compared by. <c>prunec calibrate</c> measures them. Plans rest on
/// them alone, so one target gives one plan, whatever machine compiles.
/// </summary>
public sealed record CostTarget
{
    // What stays in a second-level cache beside a layer's activations.
    private const double NearBytes = 1 << 20;

    /// <summary>For people, and in cost files.</summary>
    public required string Name { get; init; }

    /// <summary>Floats in a vector.</summary>
    public required int Lanes { get; init; }

    /// <summary>Convolution: a multiply-add of one vector in a dense register tile.</summary>
    public required double DenseTap { get; init; }

    /// <summary>Begin and end of a dense sum: bias, activation, store; for one channel and vector.</summary>
    public required double DenseRow { get; init; }

    /// <summary>A tap of one channel that walks its own (offset, weight) list, for one vector.</summary>
    public required double SparseTap { get; init; }

    /// <summary>A tap that two channels share, for one vector of both.</summary>
    public required double PairTap { get; init; }

    /// <summary>A tap that four channels share.</summary>
    public required double QuadTap { get; init; }

    /// <summary>A tap that eight channels share.</summary>
    public required double OctoTap { get; init; }

    /// <summary>As <see cref="DenseRow"/>, for a channel that walks its own list.</summary>
    public required double SparseRow { get; init; }

    /// <summary>As <see cref="DenseRow"/>, for each channel of a group that shares taps.</summary>
    public required double SharedRow { get; init; }

    /// <summary>A tap of one channel that walks its own list over a tile packed for the first-level cache, for one vector.</summary>
    public required double TileTap { get; init; }

    /// <summary>A channel's sum passing through one block of such taps, for one vector.</summary>
    public required double TileRow { get; init; }

    /// <summary>As <see cref="DenseRow"/>, for such a sum, beyond its passing through blocks.</summary>
    public required double TileEnd { get; init; }

    /// <summary>Copying one vector into such a tile.</summary>
    public required double TileLine { get; init; }

    /// <summary>A tap of one channel whose kernel columns are summed by themselves and shifted, for one vector; fillers count too.</summary>
    public required double ShiftTap { get; init; }

    /// <summary>Begin, end and shifts of such a sum in one block of taps, for one channel and vector.</summary>
    public required double ShiftRow { get; init; }

    /// <summary>A multiply-add of one vector in straight-line code.</summary>
    public required double UnrolledTap { get; init; }

    /// <summary>As <see cref="DenseRow"/>, in straight-line code.</summary>
    public required double UnrolledRow { get; init; }

    /// <summary>Bytes of weights that are streamed in a cycle from the second-level cache.</summary>
    public required double BytesPerCycle { get; init; }

    /// <summary>The same from beyond it.</summary>
    public required double FarBytesPerCycle { get; init; }

    /// <summary>Several rows times a matrix: a weight of a sparse matrix, for one vector of rows.</summary>
    public required double MatrixTap { get; init; }

    /// <summary>Begin and end of a sparse sum, for one output and vector of rows.</summary>
    public required double MatrixRow { get; init; }

    /// <summary>Bringing one element of an operand into another order.</summary>
    public required double Reorder { get; init; }

    /// <summary>One vector times a matrix: one weight of each of 8 outputs, inputs fetched one by one.</summary>
    public required double VectorRowsStep { get; init; }

    /// <summary>One weight of each of 16 outputs, inputs taken from one window by a permutation.</summary>
    public required double VectorWindowsStep { get; init; }

    /// <summary>One input times the weights of a panel of outputs that all read it: 16 outputs.</summary>
    public required double VectorSharedStep { get; init; }

    /// <summary>One input times the weights of 16 outputs, each the number of one of few values.</summary>
    public required double VectorTableStep { get; init; }

    /// <summary>Begin and end of a group of outputs.</summary>
    public required double VectorGroup { get; init; }

    /// <summary>8 bits: four bytes of six pixels times the weights of 16 channels.</summary>
    public required double ByteStep { get; init; }

    /// <summary>8 bits: begin and end of the sums of six pixels and 16 channels.</summary>
    public required double ByteEnd { get; init; }

    /// <summary>8 bits: four single weights of one channel for 64 positions.</summary>
    public required double ByteQuad { get; init; }

    /// <summary>8 bits: begin and end of a channel's sums for 64 positions.</summary>
    public required double ByteRow { get; init; }

    /// <summary>8 bits: bringing a byte from pixels into planes, or back.</summary>
    public required double ByteTurn { get; init; }

    /// <summary>Cycles to stream weights once: what a layer that uses each weight once takes at least.</summary>
    public double Stream(double bytes) => bytes / (bytes > NearBytes ? FarBytesPerCycle : BytesPerCycle);

    /// <summary>What a tap costs for a group of 1, 2, 4, 8 channels, for one vector of each.</summary>
    public IReadOnlyDictionary<int, double> TapCosts => new SortedDictionary<int, double> { [1] = SparseTap, [2] = PairTap, [4] = QuadTap, [8] = OctoTap };
}
