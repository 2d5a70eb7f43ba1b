using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Convolution of 8-bit integers into int32 (ONNX ConvInteger, opset 10): x, w, and their zero points.</summary>
public sealed class ConvInteger() : FunctionOperator("")
{
    private static readonly Conv Conv = new();

    /// <inheritdoc/>
    public override string Name => "ConvInteger";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) =>
        [new TensorType(ElementType.Int32, IntegerConvolution.OutputShape(Conv, node, node.Input(0), node.Input(1)))];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        return [parts.Cast(IntegerConvolution.Sums(parts, node, node.Input(0), node.InputOrNull(2), node.Input(1), node.InputOrNull(3), null), ElementType.Int32)];
    }
}
