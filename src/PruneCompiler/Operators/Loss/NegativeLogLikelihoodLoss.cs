using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// -weight[target] * input[target] over [N, C, D1, ...] (ONNX NegativeLogLikelihoodLoss, opsets 12 to 22); reduction is "none", "sum" or "mean" (default), which
/// divides by the sum of the weights used; targets equal to ignore_index count nothing. A function of simpler operators.
/// </summary>
public sealed class NegativeLogLikelihoodLoss() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "NegativeLogLikelihoodLoss";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [LossType(node)];

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph) => [Loss(new FunctionBuilder(graph, node), node, node.Input(0))];

    /// <summary>Type of the loss.</summary>
    internal static TensorType LossType(Node node)
    {
        Shape scores = node.Input(0).Shape, targets = node.Input(1).Shape;
        if (scores.Rank < 2 || targets != new Shape([scores[0], .. scores.Dims[2..]]))
        {
            throw new OperatorException(node, $"targets of shape {targets} do not fit scores of shape {scores}");
        }

        return new TensorType(node.Input(0).Type, Reduction(node) == "none" ? targets : Shape.Scalar);
    }

    /// <summary>The loss from logarithms of probabilities.</summary>
    internal static Value Loss(FunctionBuilder f, Node node, Value logarithms)
    {
        Value targets = node.Input(1);
        ElementType type = logarithms.Type;
        Value? used = null;
        if (node.Attributes.Has("ignore_index"))
        {
            // An ignored target may lie outside of the classes: look up class 0 in its place.
            Value ignored = f.Add("Equal", targets, f.Number(node.Attributes.Int("ignore_index"), targets.Type));
            targets = f.Add("Where", ignored, f.Number(0, targets.Type), targets);
            used = f.Add("Where", ignored, f.Number(0, type), f.Number(1, type));
        }

        Value picked = f.Add("GatherElements", new Attributes().Set("axis", 1), logarithms, f.Add("Unsqueeze", targets, f.Integers(1)));
        Value loss = f.Add("Neg", f.Add("Squeeze", picked, f.Integers(1)));
        Value? weights = node.InputOrNull(2) is { } table ? f.Add("Gather", table, targets) : null;
        if (used is not null)
        {
            weights = weights is null ? used : f.Add("Mul", weights, used);
        }

        loss = weights is null ? loss : f.Add("Mul", loss, weights);
        Attributes whole = new Attributes().Set("keepdims", 0);
        return Reduction(node) switch
        {
            "none" => loss,
            "sum" => f.Add("ReduceSum", whole, loss),
            _ when weights is null => f.Add("ReduceMean", whole, loss),
            _ => f.Add("Div", f.Add("ReduceSum", whole, loss), f.Add("ReduceSum", whole, weights)),
        };
    }

    private static string Reduction(Node node) => node.Attributes.Text("reduction", "mean");
}

/// <summary>
/// <see cref="NegativeLogLikelihoodLoss"/> of the LogSoftmax of the scores along axis 1 (ONNX SoftmaxCrossEntropyLoss, opsets 12 and 13); the optional second
/// output is that LogSoftmax.
/// </summary>
public sealed class SoftmaxCrossEntropyLoss() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "SoftmaxCrossEntropyLoss";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [NegativeLogLikelihoodLoss.LossType(node), node.Input(0).TensorType];

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value logarithms = f.Add("LogSoftmax", new Attributes().Set("axis", 1), node.Input(0));
        return [.. new[] { NegativeLogLikelihoodLoss.Loss(f, node, logarithms), logarithms }.Take(node.Outputs.Count)];
    }
}
