using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Y = alpha * A' * B' + beta * C for matrices (ONNX Gemm, opsets 7 to 13).</summary>
/// <remarks>A is [M, K] or, with transA, [K, M]; B is [K, N] or, with transB, [N, K]; C broadcasts to [M, N].</remarks>
public sealed class Gemm : Operator
{
    /// <inheritdoc/>
    public override string Name => "Gemm";

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
        Shape shape = node.Outputs[0].Shape;
        int m = shape[0], n = shape[1], k = transA ? a.Shape[0] : a.Shape[1];
        double alpha = node.Attributes.Float("alpha", 1), beta = node.Attributes.Float("beta", 1);
        var y = new Tensor(a.Type, shape);
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double sum = 0;
                for (int p = 0; p < k; p++)
                {
                    sum += a.GetDouble(transA ? (p * m) + i : (i * k) + p) * b.GetDouble(transB ? (j * k) + p : (p * n) + j);
                }

                sum *= alpha;
                if (inputs.Length > 2 && inputs[2] is { } c)
                {
                    int row = c.Shape.Rank < 2 || c.Shape[0] == 1 ? 0 : i;
                    int width = c.Shape.Rank == 0 ? 1 : c.Shape[-1];
                    sum += beta * c.GetDouble((row * width) + (width == 1 ? 0 : j));
                }

                y.As<float>()[(i * n) + j] = (float)sum;
            }
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => throw new NotImplementedException();
}
