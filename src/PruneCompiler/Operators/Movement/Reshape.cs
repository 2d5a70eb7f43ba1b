using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The same elements under another shape (ONNX Reshape, opsets 5 to 25).</summary>
/// <remarks>In the shape, -1 stands for what remains and 0, unless allowzero is set, for the input's size. The shape must be constant.</remarks>
public sealed class Reshape : ReshapeOperator
{
    /// <inheritdoc/>
    public override string Name => "Reshape";

    /// <inheritdoc/>
    public override ChannelRule Channels => ReshapeRule.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape input = node.Input(0).Shape;
        long[] sizes = Rules.Ints(node, "shape", 1) ?? throw new OperatorException(node, "the shape is missing");
        int open = -1;
        Int128 known = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == 0 && node.Attributes.Int("allowzero") == 0)
            {
                sizes[i] = i < input.Rank ? input[i] : throw new OperatorException(node, $"size {i} is 0 (keep), but the input {input} has no such axis");
            }

            if (sizes[i] != -1)
            {
                known *= sizes[i];
            }
            else if (open < 0)
            {
                open = i;
            }
            else
            {
                throw new OperatorException(node, "the shape has -1 more than once");
            }
        }

        if (open >= 0)
        {
            sizes[open] = known != 0 && input.Count % known == 0 ? (long)(input.Count / known)
                : known == 0 && input.Count == 0 ? 0
                : throw new OperatorException(node, $"{input} ({input.Count} elements) does not divide by the given sizes [{string.Join(", ", sizes)}]");
        }

        Shape result = Rules.Shape(node, sizes);
        return result.Count == input.Count
            ? [new TensorType(node.Input(0).Type, result)]
            : throw new OperatorException(node, $"{input} has {input.Count} elements, {result} has {result.Count}");
    }
}
