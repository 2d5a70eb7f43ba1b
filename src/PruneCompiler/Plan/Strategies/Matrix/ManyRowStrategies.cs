using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies.SharedTaps;
using PruneCompiler.Plan.Strategies.SparseRows;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Kernels for several rows times constant weights.</summary>
internal static class ManyRowStrategies
{
    /// <summary>The name of the kernel for single zeros, which serves turned matrices.</summary>
    public const string SparseMatrix = "sparse matrix";

    // What a multiply-add of the dense kernel costs, as part of what it costs in a convolution: tiles begin and end in memory.
    private const double TapShare = 1.06;

    /// <summary>Ways to run the layer.</summary>
    public static List<Candidate<MatrixCall>> Candidates(MatrixLayer layer, CostTarget target)
    {
        double vectors = (layer.N + target.Lanes - 1) / target.Lanes;
        double packing = target.Reorder * layer.M * layer.K;
        double dense = Math.Max(layer.M * vectors * layer.K * target.DenseTap * TapShare, target.Stream(vectors * layer.K * target.Lanes * sizeof(float))) + packing;
        var result = new List<Candidate<MatrixCall>> { new("dense matrix", dense, IsDense: true, () => Dense(layer)) };
        if (layer.N <= SparseGemmPack.OutputLimit)
        {
            int tile = SparseGemm.Tile(layer.M), tiles = (layer.M + tile - 1) / tile;
            double perTile = tile / (double)target.Lanes * ((layer.NonZeros * target.MatrixTap) + (layer.N * Math.Ceiling(layer.K / (double)SparseGemm.BlockK(tile)) * target.MatrixRow));
            result.Add(new(SparseMatrix, (tiles * perTile) + (2 * packing), IsDense: false, () => Sparse(layer)));
        }

        int[] offsets = [.. Enumerable.Range(0, layer.K).Select(i => checked(i * SharedGemm.Tokens))];
        TapGroups shared = TapGroups.Find(layer.Weights, layer.N, offsets, target.TapCosts, 1, 0);
        if (shared.Shared > 0)
        {
            double rows = Math.Ceiling(layer.M / (double)target.Lanes);
            result.Add(new("matrix by shared inputs", (rows * shared.Cycles(target)) + (2 * packing), IsDense: false, () => Shared(layer, shared)) { Found = shared.About });
        }

        return result;
    }

    private static MatrixCall Shared(MatrixLayer layer, TapGroups shared)
    {
        PackedTaps packed = SparsePacker.Pack(shared.Groups);
        int[] places = [.. Enumerable.Range(0, layer.N).Select(o => o * SharedGemm.Tokens)];
        return new("SharedGemm.Run", packed.Macs, packed.Bytes.Length, 0, (lowering, x, y, residual) =>
        [
            Arg.Pointer("a", x),
            Arg.Int("aRow", layer.ARow),
            Arg.Int("aColumn", layer.AColumn),
            Arg.Pointer("c", y),
            Arg.Int("m", layer.M),
            Arg.Int("n", layer.N),
            Arg.Int("k", layer.K),
            Arg.Pointer("packed", ElementType.UInt8, lowering.Pack<byte>(WeightsSection.Stream, packed.Bytes)),
            Arg.Pointer("places", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, places)),
            layer.Bias.Length == 0 ? Arg.Code("bias", "null") : Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Stream, layer.Bias)),
            PlainElements.Optional("residual", residual),
            Arg.Pointer("scratch", ElementType.Float32, lowering.ScratchElements(layer.Node.Name + " tiles", ElementType.Float32, SharedGemm.ScratchFloats(layer.N, layer.K))),
        ]);
    }

    private static MatrixCall Dense(MatrixLayer layer)
    {
        float[] packed = DenseGemmPacker.Pack(layer.Weights, layer.K, layer.N, transposed: true);
        return new("DenseGemm.Run", (long)layer.N * layer.K, 4L * packed.Length, 0, (lowering, x, y, residual) =>
        [
            Arg.Pointer("a", x),
            Arg.Int("aRow", layer.ARow),
            Arg.Int("aColumn", layer.AColumn),
            Arg.Pointer("b", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, packed)),
            Arg.Pointer("c", y),
            Arg.Int("cRow", layer.N),
            Arg.Int("m", layer.M),
            Arg.Int("n", layer.N),
            Arg.Int("k", layer.K),
            Arg.Float("alpha", 1),
            layer.Bias.Length == 0 ? Arg.Code("columnBias", "null") : Arg.Pointer("columnBias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, layer.Bias)),
            Arg.Code("rowBias", "null"),
            PlainElements.Optional("residual", residual),
            Arg.Int("residualRow", layer.N),
            Arg.Pointer("scratch", ElementType.Float32, lowering.ScratchElements(layer.Node.Name + " tiles", ElementType.Float32, DenseGemm.ScratchFloats(layer.M, layer.K))),
        ]);
    }

    private static MatrixCall Sparse(MatrixLayer layer)
    {
        SparseGemmPack pack = SparseGemmPack.Pack(layer.Weights, layer.Bias, layer.N, layer.K, layer.M);
        long bytes = (6L * pack.Weights.Length) + (4L * (pack.Steps.Length + pack.Bias.Length)) + (2L * pack.Order.Length);
        return new("SparseGemm.Run", layer.NonZeros, bytes, 0, (lowering, x, y, residual) =>
        [
            Arg.Pointer("a", x),
            Arg.Int("aRow", layer.ARow),
            Arg.Int("aColumn", layer.AColumn),
            Arg.Pointer("c", y),
            Arg.Int("cRow", y.IsPlain ? layer.N : 1),
            Arg.Int("cColumn", y.IsPlain ? 1 : layer.M),
            Arg.Int("m", layer.M),
            Arg.Int("n", layer.N),
            Arg.Int("k", layer.K),
            Arg.Pointer("weights", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Weights)),
            Arg.Pointer("offsets", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, pack.Offsets)),
            Arg.Pointer("steps", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, pack.Steps)),
            Arg.Pointer("order", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, pack.Order)),
            Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Bias)),
            PlainElements.Optional("residual", residual),
            Arg.Pointer("scratch", ElementType.Float32, lowering.ScratchElements(layer.Node.Name + " tiles", ElementType.Float32, SparseGemm.ScratchFloats(layer.M, layer.N, layer.K))),
        ]);
    }
}
