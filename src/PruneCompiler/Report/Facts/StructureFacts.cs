namespace PruneCompiler.Report;

/// <summary>What pruning left in the weights of one layer.</summary>
public sealed record StructureFacts
{
    /// <summary>Weights.</summary>
    public long Weights { get; init; }

    /// <summary>Weights that are not zero.</summary>
    public long NonZeros { get; init; }

    /// <summary>Share of zeros.</summary>
    public double Sparsity => Weights == 0 ? 0 : 1 - (NonZeros / (double)Weights);

    /// <summary>Filters (output rows).</summary>
    public int Filters { get; init; }

    /// <summary>Filters of zeros only.</summary>
    public int ZeroFilters { get; init; }

    /// <summary>Filters that are equal to an earlier one, zero ones not counted.</summary>
    public int RepeatedFilters { get; init; }

    /// <summary>Input channels (of one group).</summary>
    public int Inputs { get; init; }

    /// <summary>Input channels that no filter weighs.</summary>
    public int ZeroInputs { get; init; }

    /// <summary>Kernels: pairs of output and input channel. 0 for matrices.</summary>
    public long Kernels { get; init; }

    /// <summary>Kernels of zeros only.</summary>
    public long ZeroKernels { get; init; }

    /// <summary>Stripes (one kernel position of one filter, through all inputs) of zeros only.</summary>
    public long ZeroStripes { get; init; }

    /// <summary>Different sets of kept positions among the kernels that are not zero; 0 for matrices and kernels of more than 64 positions.</summary>
    public int KernelPatterns { get; init; }

    /// <summary>Most positions that any kernel keeps.</summary>
    public int KeptPositions { get; init; }

    /// <summary>Share of the kernels that are not zero at each position.</summary>
    public double[] PositionShares { get; init; } = [];

    /// <summary>The largest block (rows x columns) in which zeros come together, with live rows and columns only; null for none.</summary>
    public (int Rows, int Columns)? Block { get; init; }

    /// <summary>At most N of every M neighbours along the inputs are not zero; null where that explains nothing.</summary>
    public (int N, int M)? Ratio { get; init; }

    /// <summary>Parts of the layer that share neither inputs nor outputs: it is block-diagonal after a permutation. 1 for most layers.</summary>
    public int Modules { get; init; }

    /// <summary>Rank, when it is so low that two factors would be cheaper than the weights that are not zero; null otherwise or when not tested.</summary>
    public int? Rank { get; init; }

    /// <summary>Different magnitudes other than zero; null for more than 16.</summary>
    public int? Magnitudes { get; init; }

    /// <summary>Weights other than zero of at most 1e-6 of the layer's largest.</summary>
    public long NearZeros { get; init; }

    /// <summary>Weights that are denormal numbers.</summary>
    public long Denormals { get; init; }

    /// <summary>
    /// The PQ index with p = 0.5 and q = 1 (Diao et al., "Pruning deep neural networks from a sparsity perspective", ICLR 2023): 0 where all
    /// weights have one magnitude, near 1 where a few carry everything. What is left to prune, whether or not the zeros are exact.
    /// </summary>
    public double PqIndex { get; init; }

    /// <summary>Facts of two weight operands of one layer (a recurrent one): counts are added, structures are those of the larger operand.</summary>
    public static StructureFacts Join(StructureFacts a, StructureFacts b) => (a.Weights >= b.Weights ? a : b) with
    {
        Weights = a.Weights + b.Weights,
        NonZeros = a.NonZeros + b.NonZeros,
        Filters = a.Filters + b.Filters,
        ZeroFilters = a.ZeroFilters + b.ZeroFilters,
        Inputs = a.Inputs + b.Inputs,
        ZeroInputs = a.ZeroInputs + b.ZeroInputs,
        NearZeros = a.NearZeros + b.NearZeros,
        Denormals = a.Denormals + b.Denormals,
    };

    /// <summary>The structures in a few words each, the coarsest first.</summary>
    public IReadOnlyList<string> Chips() => StructureChips.Of(this);
}
