using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Product of quantised matrices (ONNX QLinearMatMul, opsets 10 and 21): a, its scale and zero point, b, its, and y's.</summary>
public sealed class QLinearMatMul() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "QLinearMatMul";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(node.Input(7).Type, IntegerMatMul.OutputShape(node, node.Input(0), node.Input(3)))];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value a = node.Input(0), b = node.Input(3);
        Value sums = IntegerMatMul.Sums(parts, a, node.Input(2), b, node.Input(5));
        Value scale = parts.Add("Mul", Float(parts, IntegerMatMul.Rows(parts, node.Input(1), a)!), Float(parts, IntegerMatMul.Columns(parts, node.Input(4), b)!));
        Value factor = parts.Add("Div", scale, Float(parts, IntegerMatMul.Rows(parts, node.Input(6), a)!));
        return [parts.Requantised(sums, factor, IntegerMatMul.Rows(parts, node.Input(7), a), node.Input(7).Type)];
    }

    private static Value Float(IntegerArithmetic parts, Value value) => parts.Cast(value, ElementType.Float32);
}

/// <summary>alpha * A' * B' + C for quantised matrices (com.microsoft QGemm): A, its scale and zero point, B, its, an int32 C, and y's.</summary>
/// <remarks>C has the scale alpha * (scale of A) * (scale of B). Without y's scale the result is float32.</remarks>
public sealed class QGemm() : FunctionOperator("com.microsoft")
{
    private static readonly Gemm Gemm = new();

    /// <inheritdoc/>
    public override string Name => "QGemm";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        var types = new[] { node.Input(0), node.Input(3) }.Select(v => new Value(v.Name, new TensorType(ElementType.Float32, v.Shape)));
        Shape shape = Gemm.Infer(new Node(node.Name, Gemm, 13, types, [new Value("y")], node.Attributes))[0].Shape;
        return [new TensorType(node.InputOrNull(8)?.Type ?? ElementType.Float32, shape)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        bool transB = node.Attributes.Int("transB") != 0;
        Value a = node.Input(0), b = node.Input(3);
        ElementType type = IntegerArithmetic.ExactType(b, b.Shape[transB ? 1 : 0], node.InputOrNull(6));
        Value left = parts.Centred(a, parts.Along(node.InputOrNull(2), 0, 1), type);
        Value right = parts.Centred(b, parts.Along(node.InputOrNull(5), transB ? 0 : 1, 2), type);
        var plain = new Attributes().Set("transA", node.Attributes.Int("transA")).Set("transB", node.Attributes.Int("transB"));
        Value sums = node.InputOrNull(6) is { } c ? parts.AddLayer("Gemm", plain, left, right, parts.Cast(c, type)) : parts.AddLayer("Gemm", plain, left, right);
        Value scale = parts.Add("Mul", parts.Along(node.Input(1), 0, 1)!, parts.Along(node.Input(4), 1, 2)!);
        scale = parts.Add("Mul", scale, parts.Constant(Tensor.Scalar(node.Attributes.Float("alpha", 1))));
        return node.InputOrNull(7) is { } yScale
            ? [parts.Requantised(sums, parts.Add("Div", scale, parts.Along(yScale, 0, 1)!), parts.Along(node.InputOrNull(8), 0, 1), node.InputOrNull(8)?.Type ?? ElementType.UInt8)]
            : [parts.Add("Mul", parts.Cast(sums, ElementType.Float32), scale)];
    }
}
