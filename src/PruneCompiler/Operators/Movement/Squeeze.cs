using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Takes out axes of size 1: the given ones, or all (ONNX Squeeze, opsets 1 to 25; axes are an input from 13 on, and constant).</summary>
public sealed class Squeeze : ReshapeOperator
{
    /// <inheritdoc/>
    public override string Name => "Squeeze";

    /// <inheritdoc/>
    public override ChannelRule Channels => ReshapeRule.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape input = node.Input(0).Shape;
        int[] axes = Rules.Ints(node, "axes", 1) is { } given
            ? Rules.Axes(node, given, input.Rank)
            : Enumerable.Range(0, input.Rank).Where(i => input[i] == 1).ToArray();
        foreach (int axis in axes)
        {
            if (input[axis] != 1)
            {
                throw new OperatorException(node, $"axis {axis} of {input} is not 1");
            }
        }

        int[] kept = Enumerable.Range(0, input.Rank).Except(axes).Select(i => input[i]).ToArray();
        return [new TensorType(node.Input(0).Type, new Shape(kept))];
    }
}
