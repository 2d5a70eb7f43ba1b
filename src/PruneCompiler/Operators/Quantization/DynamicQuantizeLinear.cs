using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Quantises to uint8 with the scale and zero point that the input's own range gives (ONNX DynamicQuantizeLinear, opset 11).</summary>
/// <remarks>Outputs: quantised, scale (scalar), zero point (scalar).</remarks>
public sealed class DynamicQuantizeLinear() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "DynamicQuantizeLinear";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => node.Input(0).Type == ElementType.Float32
        ? [new(ElementType.UInt8, node.Input(0).Shape), new(ElementType.Float32, Shape.Scalar), new(ElementType.UInt8, Shape.Scalar)]
        : throw new OperatorException(node, $"takes float32, not {node.Input(0).Type.Text()}");

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value x = node.Input(0);
        Value none = parts.Constant(Tensor.Scalar(0f)), all = parts.Constant(Tensor.Scalar(255f));
        var toScalar = new Attributes().Set("keepdims", 0);
        Value low = parts.Add("Min", parts.Add("ReduceMin", toScalar, x), none); // zero must be representable
        Value high = parts.Add("Max", parts.Add("ReduceMax", toScalar, x), none);
        Value scale = parts.Add("Div", parts.Add("Sub", high, low), all);
        Value zero = parts.Add("Round", parts.Add("Clip", parts.Add("Sub", none, parts.Add("Div", low, scale)), none, all));
        Value zeroPoint = parts.Cast(zero, ElementType.UInt8);
        return [parts.Quantised(x, scale, zeroPoint), scale, zeroPoint];
    }
}
