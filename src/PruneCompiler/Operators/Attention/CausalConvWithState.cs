using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// Depthwise convolution over [batch, channels, length] that looks back only, and hands on the values it will need next time (ONNX CausalConvWithState, opset 27).
/// Inputs: x, weight [channels, 1, k], bias, past state [batch, channels, k - 1]. A function of simpler operators.
/// </summary>
public sealed class CausalConvWithState() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "CausalConvWithState";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        TensorType x = node.Input(0).TensorType;
        Shape weight = node.Input(1).Shape;
        return x.Shape.Rank == 3 && weight.Rank == 3 && weight[0] == x.Shape[1] && weight[1] == 1
            ? [x, new TensorType(x.Type, x.Shape.With(2, weight[2] - 1))]
            : throw new OperatorException(node, $"weights {weight} do not fit an input {x.Shape}");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value x = node.Input(0), weight = node.Input(1);
        int back = weight.Shape[2] - 1;
        Value past = node.InputOrNull(3) ?? f.Constant(new Tensor(x.Type, x.Shape.With(2, back)));
        Value all = back == 0 ? x : f.Add("Concat", new Attributes().Set("axis", 2), past, x);
        Value y = f.Add("Conv", new Attributes().Set("group", x.Shape[1]).Set("kernel_shape", new long[] { weight.Shape[2] }), all, weight, node.InputOrNull(2));
        y = node.Attributes.Text("activation", "none") switch
        {
            "none" => y,
            "silu" or "swish" => f.Add("Swish", y),
            string other => throw new OperatorException(node, $"unknown activation '{other}'"),
        };
        Value state = f.Add("Slice", all, f.Integers(all.Shape[2] - back), f.Integers(all.Shape[2]), f.Integers(2));
        return [.. new[] { y, state }.Take(node.Outputs.Count)];
    }
}
