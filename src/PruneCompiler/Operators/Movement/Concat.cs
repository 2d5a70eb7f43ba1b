using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Joins values along one axis; the other axes agree (ONNX Concat, opsets 4 to 13).</summary>
public sealed class Concat : CopyOperator
{
    private static readonly ConcatRule Rule = new(Axis);

    /// <inheritdoc/>
    public override string Name => "Concat";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <summary>The axis along which the inputs follow each other.</summary>
    public static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis", 1), node.Input(0).Shape.Rank);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        int axis = Axis(node);
        Shape first = node.Input(0).Shape;
        long total = 0;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            Shape shape = node.Input(i).Shape;
            if (shape.Rank != first.Rank || shape.With(axis, 0) != first.With(axis, 0) || node.Input(i).Type != node.Input(0).Type)
            {
                throw new OperatorException(node, $"input {i} ({node.Input(i).TensorType}) does not continue input 0 ({node.Input(0).TensorType}) along axis {axis}");
            }

            total += shape[axis];
        }

        long[] sizes = Array.ConvertAll(first.Dims.ToArray(), d => (long)d);
        sizes[axis] = total;
        return [new TensorType(node.Input(0).Type, Rules.Shape(node, sizes))];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Piece> Pieces(Node node, Func<int, View> look, View output)
    {
        int axis = Axis(node), start = 0;
        for (int i = 0; i < node.Inputs.Count; i++)
        {
            int size = node.Input(i).Shape[axis];
            yield return new Piece(i, look(i), output.Slice(axis, start, 1, size), $"input {i} goes to {start} .. {start + size - 1} of axis {axis}");
            start += size;
        }
    }
}
