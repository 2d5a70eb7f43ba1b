using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Puts in axes of size 1, at places counted in the result (ONNX Unsqueeze, opsets 1 to 25; axes are an input from 13 on, and constant).</summary>
public sealed class Unsqueeze : ReshapeOperator
{
    /// <inheritdoc/>
    public override string Name => "Unsqueeze";

    /// <inheritdoc/>
    public override ChannelRule Channels => ReshapeRule.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        long[] given = Rules.Ints(node, "axes", 1) ?? throw new OperatorException(node, "axes are missing");
        Shape input = node.Input(0).Shape;
        int[] axes = Rules.Axes(node, given, input.Rank + given.Length);
        var dims = new List<int>(input.Dims.ToArray());
        foreach (int axis in axes.Order())
        {
            dims.Insert(axis, 1);
        }

        return [new TensorType(node.Input(0).Type, new Shape(dims.ToArray()))];
    }
}
