using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Crops or zero-pads axes around their middle to a constant shape (ONNX CenterCropPad, opset 18). An odd element goes or comes at the end.</summary>
public sealed class CenterCropPad : CopyOperator
{
    /// <inheritdoc/>
    public override string Name => "CenterCropPad";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape input = node.Input(0).Shape;
        long[] sizes = Array.ConvertAll(input.Dims.ToArray(), d => (long)d), wanted = node.RequireConstant(1, "shape").ToInt64Array();
        int[] axes = node.Attributes.Ints("axes") is { } given ? Rules.Axes(node, given, input.Rank) : Enumerable.Range(0, input.Rank).ToArray();
        if (axes.Length != wanted.Length)
        {
            throw new OperatorException(node, $"{wanted.Length} sizes for {axes.Length} axes");
        }

        for (int i = 0; i < axes.Length; i++)
        {
            sizes[axes[i]] = wanted[i];
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, sizes))];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Piece> Pieces(Node node, Func<int, View> look, View output)
    {
        View from = look(0), whole = output;
        for (int i = 0; i < from.Shape.Rank; i++)
        {
            int have = from.Shape[i], want = output.Shape[i], kept = Math.Min(have, want);
            from = from.Slice(i, (have - kept) / 2, 1, kept);
            output = output.Slice(i, (want - kept) / 2, 1, kept);
        }

        if (from.Shape != whole.Shape)
        {
            yield return new Piece(-1, View.Of(Shape.Scalar).Broadcast(whole.Shape), whole, "filled with zeros", Tensors.Of(node.Input(0).Type, 0));
        }

        yield return new Piece(0, from, output, "the middle");
    }
}
