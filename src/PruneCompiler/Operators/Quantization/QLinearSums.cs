using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Sum of quantised values (com.microsoft QLinearAdd), in the arithmetic of ONNX Runtime: the zero points and scales become one offset and two factors.</summary>
public sealed class QLinearAdd() : QLinearFunction("QLinearAdd", "Add", 2)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<Value> Body(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value scale = parts.Along(node.Input(6), 0, 1)!;
        Value left = parts.Add("Div", parts.Along(node.Input(1), 0, 1)!, scale), right = parts.Add("Div", parts.Along(node.Input(4), 0, 1)!, scale);
        Value offset = parts.Add("Sub", Zero(7), parts.Add("Add", parts.Add("Mul", left, Zero(2)), parts.Add("Mul", right, Zero(5))));
        Value sum = parts.Add("Add", parts.Add("Mul", Float(node.Input(0)), left), parts.Add("Add", parts.Add("Mul", Float(node.Input(3)), right), offset));
        return [parts.Saturated(parts.Add("Round", sum), node.Outputs[0].Type)];

        Value Zero(int input) => node.InputOrNull(input) is { } zero ? Float(parts.Along(zero, 0, 1)!) : parts.Constant(Tensor.Scalar(0f));
        Value Float(Value value) => parts.Cast(value, ElementType.Float32);
    }
}

/// <summary>The mean of each plane of quantised values (com.microsoft QLinearGlobalAveragePool): an exact sum, scaled and rounded once.</summary>
public sealed class QLinearGlobalAveragePool() : QLinearFunction("QLinearGlobalAveragePool", "GlobalAveragePool", 1)
{
    private const int ExactPixels = (1 << 24) / 255;

    /// <inheritdoc/>
    protected override IReadOnlyList<Value> Body(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value x = node.Input(0);
        int rank = x.Shape.Rank;
        long pixels = x.Shape.Count / Math.Max(1, (long)x.Shape[0] * x.Shape[1]);
        Value centred = parts.Centred(x, parts.Along(node.InputOrNull(2), 0, 1), pixels <= ExactPixels ? ElementType.Float32 : ElementType.Float64);
        Value axes = parts.Constant(Tensor.Vector<long>([.. Enumerable.Range(2, rank - 2).Select(a => (long)a)]));
        Value sums = parts.Add("ReduceSum", new Attributes().Set("keepdims", 1), centred, axes);
        Value count = parts.Constant(Tensor.Scalar((float)pixels));
        Value factor = parts.Add("Div", parts.Along(node.Input(1), 0, 1)!, parts.Add("Mul", parts.Along(node.Input(3), 0, 1)!, count));
        return [parts.Requantised(sums, factor, parts.Along(node.InputOrNull(4), 0, 1), node.Outputs[0].Type)];
    }
}
