using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Consecutive parts of one axis, an output each (ONNX Split, opsets 2 to 18).</summary>
/// <remarks>Sizes: the attribute split (to opset 11), the constant input split (from 13), num_outputs (from 18, the last part may be smaller), or equal parts.</remarks>
public sealed class Split : ViewOperator
{
    private static readonly SelectRule Rule = new(Selected);

    /// <inheritdoc/>
    public override string Name => "Split";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <summary>The size of each part.</summary>
    public static int[] Parts(Node node)
    {
        int size = node.Input(0).Shape[Axis(node)], count = node.Outputs.Count;
        if (Rules.Ints(node, "split", 1) is { } given)
        {
            if (given.Length != count || given.Any(p => p < 0) || given.Sum() != size)
            {
                throw new OperatorException(node, $"parts [{string.Join(", ", given)}] for {count} outputs do not fill an axis of {size}");
            }

            return Array.ConvertAll(given, p => (int)p);
        }

        long wanted = node.Attributes.Int("num_outputs", count);
        if (wanted != count)
        {
            throw new OperatorException(node, $"num_outputs is {wanted}, but there are {count} outputs");
        }

        int part = (size + count - 1) / count;
        if (size != part * count && (!node.Attributes.Has("num_outputs") || size <= part * (count - 1)))
        {
            throw new OperatorException(node, $"an axis of {size} does not split into {count} equal parts");
        }

        return Enumerable.Range(0, count).Select(i => Math.Min(part, size - (i * part))).ToArray();
    }

    /// <summary>The axis that is divided.</summary>
    public static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis"), node.Input(0).Shape.Rank);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) =>
        Parts(node).Select(p => new TensorType(node.Input(0).Type, node.Input(0).Shape.With(Axis(node), p))).ToArray();

    /// <inheritdoc/>
    protected override View Look(Node node, int output, View input)
    {
        int[] parts = Parts(node);
        return input.Slice(Axis(node), parts[..output].Sum(), 1, parts[output]);
    }

    private static int[]?[] Selected(Node node, int output)
    {
        int[] parts = Parts(node);
        var maps = new int[]?[node.Input(0).Shape.Rank];
        maps[Axis(node)] = Enumerable.Range(parts.Take(output).Sum(), parts[output]).ToArray();
        return maps;
    }
}
