using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies.SharedTaps;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Kernels for one vector times constant weights. Weights are read once: bytes and steps decide.</summary>
internal static class VectorStrategies
{
    // Zeros multiplied in shared groups, with the weights, as a multiple of the weights: above it the model's error is larger than the gain.
    private const double MostProducts = 1.5;

    // Weights as numbers of few values.
    private const string Codebook = "vector by codebook";

    // How often a value occurs on average: fewer weights have few values by chance.
    private const int LeastRepeats = 16;

    /// <summary>Ways to run the layer.</summary>
    public static List<Candidate<MatrixCall>> Candidates(MatrixLayer layer, CostTarget target)
    {
        double panels = (layer.N + DenseGemv.PanelWidth - 1) / DenseGemv.PanelWidth;
        double bytes = panels * DenseGemv.PanelWidth * layer.K * sizeof(float);
        var result = new List<Candidate<MatrixCall>> { new("dense vector", target.Stream(bytes) + (panels * target.VectorGroup), IsDense: true, () => Dense(layer)) };
        if (layer.K <= SparseGemvRowsPack.Limit && layer.N <= SparseGemvRowsPack.Limit)
        {
            SparseGemvRowsPack rows = SparseGemvRowsPack.Pack(layer.Weights, layer.Bias, layer.N, layer.K);
            result.Add(new("sparse vector by rows", Math.Max(rows.Steps.Sum() * target.VectorRowsStep, target.Stream(6.0 * rows.Weights.Length)) + (rows.Steps.Length * target.VectorGroup), IsDense: false, () => Rows(layer, rows)));
            SparseGemvWindowsPack windows = SparseGemvWindowsPack.Pack(layer.Weights, layer.Bias, layer.N, layer.K);
            result.Add(new("sparse vector by windows", Math.Max(windows.Steps.Sum() * target.VectorWindowsStep, target.Stream(5.0 * windows.Weights.Length)) + (windows.Steps.Length * target.VectorGroup), IsDense: false, () => Windows(layer, windows)));
        }

        if (CodebookGemvPack.Pack(layer.Weights, layer.Bias, layer.N, layer.K) is { } codebook && codebook.Different * LeastRepeats <= layer.Weights.Length)
        {
            result.Add(new(Codebook, CodebookGemvPack.Cycles(layer.N, layer.K, target), IsDense: false, () => OfCodebook(layer, codebook)) { Found = codebook.About });
        }

        double best = result.Where(c => !c.IsDense).Select(c => c.Cycles).DefaultIfEmpty(result[0].Cycles).Min();
        if (layer.NonZeros is > 0 and var kept && kept < layer.Weights.LongLength && layer.K <= SharedGemvPack.Limit && layer.N <= SharedGemvPack.Limit
            && SharedGemvPack.Pack(layer.Weights, layer.Bias, layer.N, layer.K, target, best / kept) is { } shared
            && shared.Products(layer.N) <= MostProducts * kept)
        {
            result.Add(new("sparse vector by shared inputs", shared.Cycles(target), IsDense: false, () => Shared(layer, shared)) { Found = shared.About });
        }

        return result;
    }

    private static MatrixCall OfCodebook(MatrixLayer layer, CodebookGemvPack pack) =>
        new("CodebookGemv.Run", (long)layer.N * layer.K, 4L * (pack.Codes.Length + pack.Table.Length + pack.Bias.Length), 0, (lowering, x, y, residual) =>
        [
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Pointer("codes", ElementType.Int32, lowering.Pack<int>(WeightsSection.Vectors, pack.Codes)),
            Arg.Pointer("table", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Table)),
            Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Bias)),
            PlainElements.Optional("residual", residual),
            Arg.Int("inputs", layer.K),
            Arg.Int("outputs", layer.N),
        ]);

    private static MatrixCall Dense(MatrixLayer layer)
    {
        DenseGemvPack pack = DenseGemvPack.Pack(layer.Weights, layer.Bias, layer.N, layer.K);
        return new("DenseGemv.Run", (long)layer.N * layer.K, 4L * (pack.Weights.Length + pack.Bias.Length), 0, (lowering, x, y, residual) =>
        [
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Pointer("weights", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Weights)),
            Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Bias)),
            PlainElements.Optional("residual", residual),
            Arg.Int("inputs", layer.K),
            Arg.Int("outputs", layer.N),
        ]);
    }

    private static MatrixCall Rows(MatrixLayer layer, SparseGemvRowsPack pack)
    {
        long bytes = (6L * pack.Weights.Length) + (4L * (pack.Steps.Length + pack.Bias.Length)) + (2L * (pack.Order?.Length ?? 0));
        return new("SparseGemvRows.Run", layer.NonZeros, bytes, 0, (lowering, x, y, residual) =>
        [
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Pointer("weights", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Weights)),
            Arg.Pointer("indices", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, pack.Indices)),
            Arg.Pointer("steps", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, pack.Steps)),
            Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Bias)),
            Order(lowering, pack.Order),
            PlainElements.Optional("residual", residual),
            Arg.Int("outputs", layer.N),
        ]);
    }

    private static MatrixCall Windows(MatrixLayer layer, SparseGemvWindowsPack pack)
    {
        long bytes = (5L * pack.Weights.Length) + (2L * pack.Windows.Length) + (4L * (pack.Steps.Length + pack.Bias.Length)) + (2L * (pack.Order?.Length ?? 0));
        return new("SparseGemvWindows.Run", layer.NonZeros, bytes, SparseGemvWindows.ReadableInputs(layer.K), (lowering, x, y, residual) =>
        [
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Pointer("weights", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Weights)),
            Arg.Pointer("lanes", ElementType.UInt8, lowering.Pack<byte>(WeightsSection.Vectors, pack.Lanes)),
            Arg.Pointer("windows", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, pack.Windows)),
            Arg.Pointer("steps", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, pack.Steps)),
            Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Bias)),
            Order(lowering, pack.Order),
            PlainElements.Optional("residual", residual),
            Arg.Int("outputs", layer.N),
        ]);
    }

    private static MatrixCall Shared(MatrixLayer layer, SharedGemvPack pack)
    {
        long bytes = (4L * (pack.Weights.Length + pack.Sizes.Length + pack.Bias.Length)) + (2L * (pack.Indices.Length + pack.Order.Length));
        return new("SharedGemv.Run", pack.Products(layer.N), bytes, 0, (lowering, x, y, residual) =>
        [
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Pointer("weights", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Weights)),
            Arg.Pointer("indices", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, pack.Indices)),
            Arg.Pointer("sizes", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, pack.Sizes)),
            Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, pack.Bias)),
            Arg.Pointer("order", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, pack.Order)),
            PlainElements.Optional("residual", residual),
            Arg.Int("groups", pack.Groups),
            Arg.Int("outputs", layer.N),
        ]);
    }

    private static Argument Order(Lowering lowering, ushort[]? order) =>
        order is null ? Arg.Code("order", "null") : Arg.Pointer("order", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, order));
}
