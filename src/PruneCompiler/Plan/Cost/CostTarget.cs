namespace PruneCompiler.Plan.Cost;

/// <summary>What kernels cost on a kind of processor, in cycles. Figures are measured ratios, not promises.</summary>
/// <param name="Name">For people.</param>
/// <param name="Lanes">Floats in a vector.</param>
/// <param name="DenseTap">A multiply-add of one vector in a dense register tile.</param>
/// <param name="SparseTap">The same in a walk of (offset, weight) pairs: a load for each multiply-add.</param>
/// <param name="SparseShare">What a tap that several output channels share costs beyond their multiply-adds: the load and the offset.</param>
/// <param name="Row">Begin and end of a sum: bias, activation, store, loop exit; for one vector.</param>
/// <param name="UnrolledTap">A multiply-add of one vector in straight-line code.</param>
/// <param name="UnrolledRow">As <paramref name="Row"/>, in straight-line code.</param>
/// <param name="BytesPerCycle">Weights streamed from beyond the first-level cache.</param>
public sealed record CostTarget(string Name, int Lanes, double DenseTap, double SparseTap, double SparseShare, double Row, double UnrolledTap, double UnrolledRow, double BytesPerCycle)
{
    /// <summary>x64 with AVX-512.</summary>
    public static CostTarget Avx512 { get; } = new("AVX-512", 16, 0.53, 0.95, 0.45, 3.5, 0.65, 2, 16);

    /// <summary>x64 with AVX2 and FMA.</summary>
    public static CostTarget Avx2 { get; } = new("AVX2", 8, 0.56, 0.85, 0.4, 3, 0.65, 2, 16);

    /// <summary>ARM64 with two vector pipes.</summary>
    public static CostTarget Neon { get; } = new("NEON", 4, 0.6, 0.95, 0.4, 3, 0.7, 2, 8);

    /// <summary>No vectors.</summary>
    public static CostTarget Scalar { get; } = new("scalar", 1, 0.8, 1.4, 0.5, 3, 1, 2, 8);

    /// <summary>What plans are made for unless the user says otherwise: the plan must not depend on the machine that makes it.</summary>
    public static CostTarget Portable => Avx512;
}
