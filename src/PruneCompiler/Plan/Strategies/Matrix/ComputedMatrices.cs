using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Products of two computed matrices in float32, as in attention: the second operand is packed at run time.</summary>
internal static class ComputedMatrices
{
    /// <summary>Lowers a Gemm; false when its form is not served.</summary>
    public static bool TryLowerGemm(Node node, Lowering lowering)
    {
        bool transA = node.Attributes.Int("transA") != 0, transB = node.Attributes.Int("transB") != 0;
        Shape y = node.Outputs[0].Shape;
        Value? c = node.InputOrNull(2);
        bool perColumn = c is not null && c.Shape.Count == y[1] && c.Shape[-1] == y[1], whole = c is not null && c.Shape == y;
        if (!IsServed(node) || (c is not null && ((!perColumn && !whole) || node.Attributes.Float("beta", 1) != 1)) || (whole && !perColumn && node.InputOrNull(Gemm.ResidualInput) is not null))
        {
            return false;
        }

        int m = y[0], n = y[1], k = node.Input(0).Shape[transA ? 0 : 1];
        Value? residual = whole && !perColumn ? c : node.InputOrNull(Gemm.ResidualInput);
        Call(node, lowering, [0], [0], (m, n, k), transA ? (1, m) : (k, 1), transB ? (1, k) : (n, 1), node.Attributes.Float("alpha", 1), perColumn ? c : null, residual);
        return true;
    }

    /// <summary>Lowers a MatMul; false when its form is not served.</summary>
    public static bool TryLowerMatMul(Node node, Lowering lowering)
    {
        MatMulShape shape = MatMulShape.Of(node, node.Input(0).Shape, node.Input(1).Shape);
        Value? bias = node.InputOrNull(MatMul.BiasInput);
        if (!IsServed(node) || (bias is not null && bias.Shape.Count != shape.N))
        {
            return false;
        }

        int[] a = new int[shape.Batches], b = new int[shape.Batches];
        for (int i = 0; i < a.Length; i++)
        {
            (a[i], b[i]) = shape.BatchAt(i);
        }

        Call(node, lowering, a, b, (shape.M, shape.N, shape.K), (shape.K, 1), (shape.N, 1), 1, bias, node.InputOrNull(MatMul.ResidualInput));
        return true;
    }

    private static bool IsServed(Node node) => node.Input(0).Type == ElementType.Float32 && node.Outputs[0].Shape.Count > 0 && node.Input(0).Shape.Count > 0 && Epilogue.Of(node).Slope == 1;

    private static void Call(
        Node node, Lowering lowering, int[] batchA, int[] batchB, (int M, int N, int K) size, (int Row, int Column) a, (int Row, int Column) b, float alpha, Value? bias, Value? residual)
    {
        Storage first = lowering.ReadPlain(node, node.Input(0)), second = lowering.ReadPlain(node, node.Input(1));
        Storage? columnBias = bias is null ? null : lowering.ReadPlain(node, bias), added = residual is null ? null : lowering.ReadPlain(node, residual);
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        Epilogue epilogue = Epilogue.Of(node);
        long macs = (long)batchA.Length * size.M * size.N * size.K;
        lowering.Layer(node, "dense matrix", "dense matrix: both operands are computed", macs, 0, 0);
        lowering.Call(
            node,
            $"{node.Name}: {first.Shape} times {second.Shape}, dense matrix, second operand packed at run time.",
            "BatchedGemm.Run",
            Arg.Pointer("a", first),
            Arg.Pointer("b", second),
            Arg.Pointer("c", y),
            Arg.Pointer("batchA", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, batchA)),
            Arg.Pointer("batchB", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, batchB)),
            Arg.Int("batches", batchA.Length),
            Arg.Int("m", size.M),
            Arg.Int("n", size.N),
            Arg.Int("k", size.K),
            Arg.Int("aRow", a.Row),
            Arg.Int("aColumn", a.Column),
            Arg.Int("bRow", b.Row),
            Arg.Int("bColumn", b.Column),
            Arg.Float("alpha", alpha),
            PlainElements.Optional("columnBias", columnBias),
            PlainElements.Optional("residual", added),
            Arg.Float("lo", epilogue.Low),
            Arg.Float("hi", epilogue.High),
            Arg.Pointer("packed", ElementType.Float32, lowering.ScratchElements(node.Name + " packed", ElementType.Float32, Math.Max(1, DenseGemmPack.BFloats(size.K, size.N)))),
            Arg.Pointer("scratch", ElementType.Float32, lowering.ScratchElements(node.Name + " tiles", ElementType.Float32, Math.Max(1, DenseGemm.ScratchFloats(size.M, size.K)))));
    }
}
