using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Axes in another order: axis i of the result is axis perm[i] of the input; reversed without perm (ONNX Transpose, opsets 1 to 25).</summary>
public sealed class Transpose : ViewOperator
{
    private static readonly TransposeRule Rule = new(Order);

    /// <inheritdoc/>
    public override string Name => "Transpose";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <summary>The order of the axes.</summary>
    /// <exception cref="OperatorException">perm is not a permutation of the input's axes.</exception>
    public static int[] Order(Node node)
    {
        int rank = node.Input(0).Shape.Rank;
        if (node.Attributes.Ints("perm") is not { } given)
        {
            return Enumerable.Range(0, rank).Reverse().ToArray();
        }

        int[] perm = Rules.Axes(node, given, rank);
        return perm.Length == rank ? perm : throw new OperatorException(node, $"perm has {perm.Length} axes, the input {rank}");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) =>
        [new TensorType(node.Input(0).Type, new Shape(Array.ConvertAll(Order(node), axis => node.Input(0).Shape[axis])))];

    /// <inheritdoc/>
    protected override View Look(Node node, int output, View input) => input.Transpose(Order(node));
}
