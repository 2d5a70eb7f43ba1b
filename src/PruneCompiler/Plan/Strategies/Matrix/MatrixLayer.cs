using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan.Strategies;

/// <summary>A product with constant weights: C [m, n] = activation(A [m, k] * W' + bias + residual), in float32.</summary>
/// <param name="Node">The Gemm, MatMul or Conv.</param>
/// <param name="A">First operand, contiguous.</param>
/// <param name="ARow">Elements from row to row of A.</param>
/// <param name="AColumn">Elements from column to column of A.</param>
/// <param name="M">Rows.</param>
/// <param name="K">Summed axis.</param>
/// <param name="N">Columns.</param>
/// <param name="Weights">[n][k], a row for each output.</param>
/// <param name="Bias">[n], or empty for none.</param>
/// <param name="Residual">[m, n], contiguous, or null.</param>
internal sealed record MatrixLayer(Node Node, Storage A, int ARow, int AColumn, int M, int K, int N, float[] Weights, float[] Bias, Storage? Residual)
{
    /// <summary>Share of the weights that are zero.</summary>
    public double Zeros => Weights.Count(w => w == 0) / (double)Math.Max(1, Weights.Length);

    /// <summary>Weights that are not zero.</summary>
    public long NonZeros => Weights.LongCount(w => w != 0);

    /// <summary>The layer of a Gemm, or null when it is not of this form. Without a lowering it has no places of operands, only what strategies are chosen by.</summary>
    public static MatrixLayer? OfGemm(Node node, Lowering? lowering)
    {
        bool transA = node.Attributes.Int("transA") != 0, transB = node.Attributes.Int("transB") != 0;
        Shape a = node.Input(0).Shape, y = node.Outputs[0].Shape;
        if (!IsFloatLayer(node) || ConstantBias(node.InputOrNull(2), y[1], node.Attributes.Float("beta", 1)) is not { } bias)
        {
            return null;
        }

        int m = y[0], n = y[1], k = a[transA ? 0 : 1];
        float alpha = node.Attributes.Float("alpha", 1);
        float[] weights = node.Input(1).Constant!.As<float>().ToArray();
        weights = transB ? weights : MatrixReference.Transpose(weights, k, n);
        weights = alpha == 1 ? weights : Array.ConvertAll(weights, w => alpha * w);
        (Storage first, bool turned) = ReadFirst(node, lowering, transA);
        return new MatrixLayer(node, first, transA || turned ? 1 : k, transA || turned ? m : 1, m, k, n, weights, bias, ReadResidual(node, lowering));
    }

    /// <summary>The layer of a MatMul whose second operand is one constant matrix, or null; see <see cref="OfGemm"/>.</summary>
    public static MatrixLayer? OfMatMul(Node node, Lowering? lowering)
    {
        MatMulShape shape = MatMulShape.Of(node, node.Input(0).Shape, node.Input(1).Shape);
        if (!IsFloatLayer(node) || shape.BatchB.Count != 1 || ConstantBias(node.InputOrNull(MatMul.BiasInput), shape.N, 1) is not { } bias)
        {
            return null;
        }

        float[] weights = MatrixReference.Transpose(node.Input(1).Constant!.As<float>().ToArray(), shape.K, shape.N);
        int rows = shape.M * shape.Batches;
        (Storage first, bool turned) = ReadFirst(node, lowering, transposed: false);
        return new MatrixLayer(node, first, turned ? 1 : shape.K, turned ? rows : 1, rows, shape.K, shape.N, weights, bias, ReadResidual(node, lowering));
    }

    /// <summary>True for a Conv whose kernel covers the whole unpadded input: every output channel of an image is one sum.</summary>
    public static bool IsWholeInput(Node node)
    {
        if (node.Attributes.Int("group", 1) != 1 || !IsFloatLayer(node) || node.InputOrNull(2) is { Constant: null })
        {
            return false;
        }

        SpatialWindow window = SpatialWindow.OfConvolution(node, node.Input(0).Shape, node.Input(1).Shape);
        return window.OutputPixels == 1 && window.PadsBegin.Concat(window.PadsEnd).All(p => p == 0) && window.Kernel.SequenceEqual(window.Input) && window.Dilations.All(d => d == 1);
    }

    /// <summary>The layer of such a Conv; see <see cref="OfGemm"/>.</summary>
    public static MatrixLayer OfConv(Node node, Lowering? lowering)
    {
        int m = node.Input(0).Shape[0], n = node.Input(1).Shape[0], k = (int)(node.Input(1).Shape.Count / n);
        float[] bias = node.ConstantInput(2)?.As<float>().ToArray() ?? [];
        return new MatrixLayer(node, lowering?.ReadPlain(node, node.Input(0))!, k, 1, m, k, n, node.Input(1).Constant!.As<float>().ToArray(), bias, ReadResidual(node, lowering));
    }

    private static bool IsFloatLayer(Node node) =>
        node.Input(0).Type == ElementType.Float32 && node.Input(0).Constant is null && node.Input(1).Constant is { Count: > 0 } && node.Outputs[0].Shape.Count > 0 && Epilogue.Of(node).Slope == 1;

    private static Storage? ReadResidual(Node node, Lowering? lowering) => node.InputOrNull(3) is { } residual ? lowering?.ReadPlain(node, residual) : null;

    // As it lies where that is turned, see TurnedMatrices; else contiguous.
    private static (Storage Place, bool Turned) ReadFirst(Node node, Lowering? lowering, bool transposed)
    {
        Value value = node.Input(0);
        return lowering is null ? (null!, false) : !transposed && lowering.IsTurned(value) ? (lowering.Read(value), true) : (lowering.ReadPlain(node, value), false);
    }

    // A constant that is the same for every row, times a factor; null when it is something else.
    private static float[]? ConstantBias(Value? value, int n, float factor)
    {
        if (value is null)
        {
            return [];
        }

        if (value.Constant is not { } constant || (constant.Shape.Count != 1 && (constant.Shape.Count != n || constant.Shape[-1] != n)))
        {
            return null;
        }

        float[] values = Array.ConvertAll(constant.As<float>().ToArray(), v => v * factor);
        return values.Length == n ? values : [.. Enumerable.Repeat(values[0], n)];
    }
}
