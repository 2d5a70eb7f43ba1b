namespace PruneCompiler.Plan.Cost;

/// <summary>The kinds of processors that plans can be made for. x64 figures are measured (<c>prunec calibrate</c>), those of NEON and scalar code estimated from them and from instruction tables.</summary>
public static class CostTargets
{
    /// <summary>x64 with AVX-512.</summary>
    public static CostTarget Avx512 { get; } = new()
    {
        Name = "avx512",
        Lanes = 16,
        DenseTap = 0.5,
        DenseRow = 15,
        SparseTap = 1.2,
        PairTap = 2.1,
        QuadTap = 3.1,
        OctoTap = 5.2,
        SparseRow = 7,
        SharedRow = 10,
        TileTap = 0.7,
        TileRow = 4.5,
        TileEnd = 5,
        TileLine = 5.5,
        ShiftTap = 0.85,
        ShiftRow = 8,
        UnrolledTap = 0.8,
        UnrolledRow = 5,
        BytesPerCycle = 28,
        FarBytesPerCycle = 9,
        MatrixTap = 0.8,
        MatrixRow = 4,
        Reorder = 0.4,
        VectorRowsStep = 7,
        VectorWindowsStep = 3.3,
        VectorSharedStep = 2.2,
        VectorTableStep = 1.8,
        VectorGroup = 20,
        ByteStep = 6.3,
        ByteEnd = 36,
        ByteQuad = 9.5,
        ByteRow = 23,
        ByteTurn = 0.1,
    };

    /// <summary>x64 with AVX2 and FMA.</summary>
    public static CostTarget Avx2 { get; } = new()
    {
        Name = "avx2",
        Lanes = 8,
        DenseTap = 0.62,
        DenseRow = 3,
        SparseTap = 1.2,
        PairTap = 1.8,
        QuadTap = 2.7,
        OctoTap = 5.4,
        SparseRow = 4,
        SharedRow = 5,
        TileTap = 1,
        TileRow = 2.5,
        TileEnd = 5,
        TileLine = 3,
        ShiftTap = 1.2,
        ShiftRow = 6,
        UnrolledTap = 0.95,
        UnrolledRow = 3,
        BytesPerCycle = 16,
        FarBytesPerCycle = 9,
        MatrixTap = 0.9,
        MatrixRow = 4,
        Reorder = 0.2,
        VectorRowsStep = 5.5,
        VectorWindowsStep = 10,
        VectorSharedStep = 2.5,
        VectorTableStep = 7,
        VectorGroup = 25,
        ByteStep = 26,
        ByteEnd = 75,
        ByteQuad = 26,
        ByteRow = 28,
        ByteTurn = 0.1,
    };

    /// <summary>ARM64 with two vector pipes.</summary>
    public static CostTarget Neon { get; } = Avx2 with
    {
        Name = "neon",
        Lanes = 4,
        DenseTap = 0.6,
        DenseRow = 4,
        SparseTap = 1.2,
        SparseRow = 4,
        PairTap = 1.8,
        QuadTap = 2.8,
        OctoTap = 5.2,
        TileTap = 0.9,
        TileEnd = 5,
        TileLine = 2,
        ShiftTap = 1.2,
        ShiftRow = 6,
        UnrolledTap = 1,
        BytesPerCycle = 8,
        FarBytesPerCycle = 5,
        VectorRowsStep = 9,
        VectorWindowsStep = 18,
        VectorSharedStep = 3,
        VectorTableStep = 40,
        ByteStep = 16,
        ByteEnd = 100,
        ByteQuad = 26,
        ByteRow = 70,
        ByteTurn = 0.2,
    };

    /// <summary>No vectors.</summary>
    public static CostTarget Scalar { get; } = Neon with { Name = "scalar", Lanes = 1, DenseTap = 1, SparseTap = 1.8, PairTap = 3, QuadTap = 5, OctoTap = 10, TileTap = 1.8, ShiftTap = 1.8, VectorRowsStep = 14, VectorWindowsStep = 28, VectorSharedStep = 16, VectorTableStep = 48, ByteStep = 400, ByteEnd = 600, ByteQuad = 260, ByteRow = 450, ByteTurn = 2 };

    /// <summary>What plans are made for unless the user says otherwise: the plan must not depend on the machine that makes it.</summary>
    public static CostTarget Portable => Avx512;

    /// <summary>All, by name.</summary>
    public static IReadOnlyList<CostTarget> All { get; } = [Avx512, Avx2, Neon, Scalar];
}
