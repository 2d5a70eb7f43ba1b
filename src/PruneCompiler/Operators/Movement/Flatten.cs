using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>A matrix: the axes before the attribute axis as rows, the others as columns (ONNX Flatten, opsets 1 to 25).</summary>
public sealed class Flatten : ReshapeOperator
{
    /// <inheritdoc/>
    public override string Name => "Flatten";

    /// <inheritdoc/>
    public override ChannelRule Channels => ReshapeRule.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape input = node.Input(0).Shape;
        long given = node.Attributes.Int("axis", 1);
        int axis = given == input.Rank ? input.Rank : Rules.Axis(node, given, input.Rank); // an axis beyond the last is allowed here
        long rows = new Shape(input.Dims[..axis]).Count, columns = new Shape(input.Dims[axis..]).Count;
        return [new TensorType(node.Input(0).Type, Rules.Shape(node, rows, columns))];
    }
}
