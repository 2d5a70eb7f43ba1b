using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Broadcasts to a constant shape, both ways as in numpy (ONNX Expand, opsets 8 and 13). Costs nothing: readers repeat the elements.</summary>
public sealed class Expand : ViewOperator
{
    /// <inheritdoc/>
    public override string Name => "Expand";

    /// <inheritdoc/>
    public override ChannelRule Channels => ExpandRule.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape input = node.Input(0).Shape, wanted = Rules.Shape(node, node.RequireConstant(1, "shape").ToInt64Array());
        Shape result = Shape.Broadcast(input, wanted) ?? throw new OperatorException(node, $"{input} does not broadcast with {wanted}");
        return [new TensorType(node.Input(0).Type, Rules.Shape(node, Array.ConvertAll(result.Dims.ToArray(), d => (long)d)))];
    }

    /// <inheritdoc/>
    protected override View Look(Node node, int output, View input) => input.Broadcast(node.Outputs[0].Shape);
}
