using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Product of 8-bit integer matrices into int32 (ONNX MatMulInteger, opset 10): A, B, and their zero points.</summary>
public sealed class MatMulInteger() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "MatMulInteger";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(ElementType.Int32, IntegerMatMul.OutputShape(node, node.Input(0), node.Input(1)))];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        return [parts.Cast(IntegerMatMul.Sums(parts, node.Input(0), node.InputOrNull(2), node.Input(1), node.InputOrNull(3)), ElementType.Int32)];
    }
}

/// <summary>MatMulInteger whose sums are scaled to floats (com.microsoft MatMulIntegerToFloat): A, B, their scales and zero points, and a bias.</summary>
public sealed class MatMulIntegerToFloat() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "MatMulIntegerToFloat";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(node.Input(2).Type, IntegerMatMul.OutputShape(node, node.Input(0), node.Input(1)))];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value sums = parts.Cast(IntegerMatMul.Sums(parts, node.Input(0), node.InputOrNull(4), node.Input(1), node.InputOrNull(5)), ElementType.Float32);
        Value scale = parts.Add("Mul", IntegerMatMul.Rows(parts, node.Input(2), node.Input(0))!, IntegerMatMul.Columns(parts, node.Input(3), node.Input(1))!);
        Value scaled = parts.Add("Mul", sums, scale);
        return [node.InputOrNull(6) is { } bias ? parts.Add("Add", scaled, bias) : scaled];
    }
}

/// <summary>Float A, quantised on the fly, times a quantised B (com.microsoft DynamicQuantizeMatMul): A, B, B's scale and zero point, and a bias.</summary>
public sealed class DynamicQuantizeMatMul() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "DynamicQuantizeMatMul";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(ElementType.Float32, IntegerMatMul.OutputShape(node, node.Input(0), node.Input(1)))];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        Node quantised = graph.Insert(node, node.Name + "_quantise", "DynamicQuantizeLinear", [node.Input(0)], outputs: 3);
        Value?[] inputs = [quantised.Outputs[0], node.Input(1), quantised.Outputs[1], node.Input(2), quantised.Outputs[2], node.InputOrNull(3), node.InputOrNull(4)];
        return [graph.Insert(node, node.Name + "_product", "MatMulIntegerToFloat", inputs, domain: Domain).Outputs[0]];
    }
}
