using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>Y = alpha * A' * B' + beta * C for matrices (ONNX Gemm, opsets 1 to 13).</summary>
/// <remarks>
/// A is [M, K] or, with transA, [K, M]; B is [K, N] or, with transB, [N, K]; C broadcasts to [M, N]. Fusion adds a fourth input of
/// shape [M, N], added before the activation of <see cref="Epilogue"/>.
/// </remarks>
public sealed class Gemm : Operator
{
    private static readonly ProductRule Rule = new(n => (n.Attributes.Int("transA") != 0, n.Attributes.Int("transB") != 0), hasAddend: true);

    /// <summary>Place of the residual operand among the inputs.</summary>
    public const int ResidualInput = 3;

    /// <inheritdoc/>
    public override string Name => "Gemm";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape a = node.Input(0).Shape, b = node.Input(1).Shape;
        if (a.Rank != 2 || b.Rank != 2)
        {
            throw new OperatorException(node, $"A and B must be matrices, but are {a} and {b}");
        }

        (int m, int k) = node.Attributes.Int("transA") == 0 ? (a[0], a[1]) : (a[1], a[0]);
        (int k2, int n) = node.Attributes.Int("transB") == 0 ? (b[0], b[1]) : (b[1], b[0]);
        if (k != k2)
        {
            throw new OperatorException(node, $"A has {k} columns where B has {k2} rows");
        }

        var result = new Shape(m, n);
        if (node.InputOrNull(2) is { } c && Shape.Broadcast(c.Shape, result) != result)
        {
            throw new OperatorException(node, $"C of shape {c.Shape} does not broadcast to {result}");
        }

        return [new TensorType(node.Input(0).Type, result)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor a = inputs[0]!, b = inputs[1]!;
        bool transA = node.Attributes.Int("transA") != 0, transB = node.Attributes.Int("transB") != 0;
        int m = a.Shape[transA ? 1 : 0], k = a.Shape[transA ? 0 : 1], n = b.Shape[transB ? 0 : 1];
        int row = transA ? 1 : k, column = transA ? m : 1;
        var shape = new Shape(m, n);
        double alpha = node.Attributes.Float("alpha", 1), beta = node.Attributes.Float("beta", 1);
        Tensor? c = inputs.Length > 2 ? inputs[2] : null;
        if (a.Type.IsInteger() && alpha == 1 && c is null)
        {
            var exact = new long[m * n];
            long[] second = WholeTensors.Longs(b);
            MatrixReference.Multiply(WholeTensors.Longs(a), row, column, transB ? MatrixReference.Transpose(second, n, k) : second, exact, m, k, n);
            return [WholeTensors.Tensor(a.Type, shape, exact)];
        }

        var sums = new double[m * n];
        double[] right = WholeTensors.Doubles(b);
        MatrixReference.Multiply(WholeTensors.Doubles(a), row, column, transB ? MatrixReference.Transpose(right, n, k) : right, sums, m, k, n);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] *= alpha;
        }

        if (c is not null)
        {
            MatrixReference.Add(sums, shape, c, beta);
        }

        if (inputs.Length > ResidualInput && inputs[ResidualInput] is { } residual)
        {
            MatrixReference.Add(sums, shape, residual, 1);
        }

        Epilogue.Of(node).Apply(sums);
        return [WholeTensors.Tensor(a.Type, shape, sums)];
    }

    /// <inheritdoc/>
    public override LayerSize? Measure(Node node)
    {
        Shape y = node.Outputs[0].Shape, a = node.Input(0).Shape;
        return new LayerSize(y.Count * a[node.Attributes.Int("transA") != 0 ? 0 : 1], LayerSize.WeightsOf(node.Input(1)), y[1]);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => MatrixProduct.LowerGemm(node, lowering);
}
