using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Matrix products of any element type through the runtime's plain loops.</summary>
internal static class PlainMatrixProduct
{
    /// <summary>Lowers a Gemm.</summary>
    public static void LowerGemm(Node node, Lowering lowering)
    {
        Storage a = lowering.ReadPlain(node, node.Input(0)), b = lowering.ReadPlain(node, node.Input(1));
        bool transA = node.Attributes.Int("transA") != 0, transB = node.Attributes.Int("transB") != 0;
        int m = a.Shape[transA ? 1 : 0], k = a.Shape[transA ? 0 : 1], n = b.Shape[transB ? 0 : 1];
        Storage? c = node.InputOrNull(2) is { } cValue ? lowering.ReadPlain(node, cValue) : null;
        Storage? residual = node.InputOrNull(Gemm.ResidualInput) is { } r ? lowering.ReadPlain(node, r) : null;
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        Call(
            node,
            lowering,
            new Matrices(a, b, c, residual, y, [0], [0], m, k, n),
            transA ? (1, m) : (k, 1),
            transB ? (1, k) : (n, 1),
            c is null ? (0, 0) : (c.Shape.Rank < 2 || c.Shape[0] == 1 ? 0 : c.Shape[1], c.Shape.Rank == 0 || c.Shape[-1] == 1 ? 0 : 1),
            node.Attributes.Float("alpha", 1),
            node.Attributes.Float("beta", 1));
    }

    /// <summary>Lowers a MatMul.</summary>
    public static void LowerMatMul(Node node, Lowering lowering)
    {
        Storage a = lowering.ReadPlain(node, node.Input(0)), b = lowering.ReadPlain(node, node.Input(1));
        MatMulShape shape = MatMulShape.Of(node, a.Shape, b.Shape);
        Storage? bias = node.InputOrNull(MatMul.BiasInput) is { } c ? lowering.ReadPlain(node, c) : null;
        Storage? residual = node.InputOrNull(MatMul.ResidualInput) is { } r ? lowering.ReadPlain(node, r) : null;
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        var batchA = new int[shape.Batches];
        var batchB = new int[shape.Batches];
        for (int i = 0; i < shape.Batches; i++)
        {
            (batchA[i], batchB[i]) = shape.BatchAt(i);
        }

        Call(
            node,
            lowering,
            new Matrices(a, b, bias, residual, y, batchA, batchB, shape.M, shape.K, shape.N),
            (shape.K, 1),
            (shape.N, 1),
            (0, bias is null || bias.Shape.Count == 1 ? 0 : 1),
            1,
            1);
    }

    private static void Call(Node node, Lowering lowering, Matrices p, (int Row, int Column) a, (int Row, int Column) b, (int Row, int Column) c, float alpha, float beta)
    {
        PlainElements.Layer(node, lowering);
        lowering.Call(
            node,
            $"{node.Name}: {p.A.Shape} times {p.B.Shape}, plain loops.",
            $"PlainMatrix.Run<{PlainElements.TypeArguments(node, p.A.Type)}>",
            [
                Arg.Pointer("a", p.A),
                Arg.Pointer("b", p.B),
                PlainElements.Optional("c", p.C),
                PlainElements.Optional("residual", p.Residual),
                Arg.Pointer("y", p.Y),
                Arg.Pointer("batchA", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, p.BatchA)),
                Arg.Pointer("batchB", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, p.BatchB)),
                Arg.Int("batches", p.BatchA.Length),
                Arg.Int("m", p.M),
                Arg.Int("k", p.K),
                Arg.Int("n", p.N),
                Arg.Int("aRow", a.Row),
                Arg.Int("aColumn", a.Column),
                Arg.Int("bRow", b.Row),
                Arg.Int("bColumn", b.Column),
                Arg.Int("cRow", c.Row),
                Arg.Int("cColumn", c.Column),
                Arg.Float("alpha", alpha),
                Arg.Float("beta", beta),
                .. PlainConv.Activation(node),
            ]);
    }

    private sealed record Matrices(Storage A, Storage B, Storage? C, Storage? Residual, Storage Y, int[] BatchA, int[] BatchB, int M, int K, int N);
}
