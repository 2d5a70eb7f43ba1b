using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Normalisation of input + skip + bias over the last axis (ONNX Runtime's contrib operators); output 3 is that sum. A function of simpler operators.</summary>
/// <param name="name">The contrib operator's name.</param>
/// <param name="normalization">LayerNormalization, with gamma, beta and bias as inputs 2, 3, 4, or RMSNormalization, with gamma and bias as inputs 2, 3.</param>
public abstract class SkipNormalization(string name, string normalization) : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => name;

    private bool Centered => normalization == "LayerNormalization";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        TensorType x = node.Input(0).TensorType;
        var statistic = new TensorType(ElementType.Float32, x.Shape.With(-1, 1));
        return [x, statistic, statistic, x];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value sum = f.Add("Add", node.Input(0), node.Input(1));
        if (node.InputOrNull(Centered ? 4 : 3) is { } bias)
        {
            sum = f.Add("Add", sum, bias);
        }

        Attributes attributes = new Attributes().Set("axis", -1).Set("epsilon", node.Attributes.Float("epsilon", 1e-12f));
        Node body = Centered
            ? f.Node("LayerNormalization", attributes, 3, sum, node.Input(2), node.InputOrNull(3))
            : f.Node("SimplifiedLayerNormalization", attributes, 2, sum, node.Input(2));
        Value deviation = body.Outputs[^1];
        return [.. new[] { body.Outputs[0], Centered ? body.Outputs[1] : deviation, deviation, sum }.Take(node.Outputs.Count)];
    }
}

/// <summary>See <see cref="SkipNormalization"/>.</summary>
public sealed class SkipLayerNormalization() : SkipNormalization("SkipLayerNormalization", "LayerNormalization");

/// <summary>See <see cref="SkipNormalization"/>.</summary>
public sealed class SkipSimplifiedLayerNormalization() : SkipNormalization("SkipSimplifiedLayerNormalization", "SimplifiedLayerNormalization");
