using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>(x - mean) / (deviation + 1e-9) over "axes", by default 0, 2 and 3 (ONNX MeanVarianceNormalization, opsets 9 to 13). A function of simpler operators.</summary>
public sealed class MeanVarianceNormalization() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "MeanVarianceNormalization";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [node.Input(0).TensorType];

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value x = node.Input(0), axes = f.Integers(node.Attributes.Ints("axes") ?? [0, 2, 3]);
        Value centered = f.Add("Sub", x, f.Add("ReduceMean", x, axes));
        Value deviation = f.Add("Sqrt", f.Add("ReduceMean", f.Add("Mul", centered, centered), axes));
        return [f.Add("Div", centered, f.Add("Add", deviation, f.Number(1e-9, x.Type)))];
    }
}
