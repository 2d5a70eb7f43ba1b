using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>Matrix product with numpy's rules for batches and vectors (ONNX MatMul, opsets 1 to 13).</summary>
/// <remarks>
/// Fusion adds a bias that broadcasts over the last axis (input 2), an operand of the result's shape (input 3), and the
/// activation of <see cref="Epilogue"/>.
/// </remarks>
public sealed class MatMul : Operator
{
    private static readonly ProductRule Rule = new(_ => (false, false), hasAddend: false);

    /// <summary>Place of the fused bias among the inputs.</summary>
    public const int BiasInput = 2;

    /// <summary>Place of the residual operand among the inputs.</summary>
    public const int ResidualInput = 3;

    /// <inheritdoc/>
    public override string Name => "MatMul";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) =>
        [new TensorType(node.Input(0).Type, MatMulShape.Of(node, node.Input(0).Shape, node.Input(1).Shape).Result)];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor a = inputs[0]!, b = inputs[1]!;
        MatMulShape shape = MatMulShape.Of(node, a.Shape, b.Shape);
        if (a.Type.IsInteger())
        {
            var exact = new long[shape.Result.Count];
            Each(shape, WholeTensors.Longs(a), WholeTensors.Longs(b), exact, (x, y, z) => MatrixReference.Multiply(x, shape.K, 1, y, z, shape.M, shape.K, shape.N));
            return [WholeTensors.Tensor(a.Type, shape.Result, exact)];
        }

        var sums = new double[shape.Result.Count];
        Each(shape, WholeTensors.Doubles(a), WholeTensors.Doubles(b), sums, (x, y, z) => MatrixReference.Multiply(x, shape.K, 1, y, z, shape.M, shape.K, shape.N));
        for (int i = BiasInput; i < inputs.Length; i++)
        {
            if (inputs[i] is { } addend)
            {
                MatrixReference.Add(sums, shape.Result, addend, 1);
            }
        }

        Epilogue.Of(node).Apply(sums);
        return [WholeTensors.Tensor(a.Type, shape.Result, sums)];
    }

    /// <inheritdoc/>
    public override LayerSize? Measure(Node node)
    {
        MatMulShape shape = MatMulShape.Of(node, node.Input(0).Shape, node.Input(1).Shape);
        return new LayerSize((long)shape.Batches * shape.M * shape.K * shape.N, LayerSize.WeightsOf(node.Input(0)) + LayerSize.WeightsOf(node.Input(1)), shape.N);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => MatrixProduct.LowerMatMul(node, lowering);

    private static void Each<T>(MatMulShape shape, T[] a, T[] b, T[] y, Product<T> multiply)
    {
        for (int i = 0; i < shape.Batches; i++)
        {
            (int atA, int atB) = shape.BatchAt(i);
            multiply(a.AsSpan(atA * shape.M * shape.K, shape.M * shape.K), b.AsSpan(atB * shape.K * shape.N, shape.K * shape.N), y.AsSpan(i * shape.M * shape.N, shape.M * shape.N));
        }
    }

    private delegate void Product<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y);
}
