using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Operators;

/// <summary>Repeats the whole input along each axis, repeats[i] times (ONNX Tile, opsets 6 and 13; repeats must be constant).</summary>
public sealed class Tile : CopyOperator
{
    private static readonly SelectRule Rule = new((n, _) => Selected(n)) { Partly = Partly };

    /// <inheritdoc/>
    public override string Name => "Tile";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape input = node.Input(0).Shape;
        long[] repeats = node.RequireConstant(1, "repeats").ToInt64Array();
        if (repeats.Length != input.Rank || repeats.Any(r => r is < 0 or > int.MaxValue))
        {
            throw new OperatorException(node, $"repeats [{string.Join(", ", repeats)}] do not fit the input {input}");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, repeats.Select((r, i) => r * input[i]).ToArray()))];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Piece> Pieces(Node node, Func<int, View> look, View output)
    {
        View from = look(0);
        Shape input = from.Shape;
        for (int i = input.Rank - 1; i >= 0; i--)
        {
            int repeats = input[i] == 0 ? 0 : output.Shape[i] / input[i];
            if (repeats != 1)
            {
                from = from.RepeatAxis(i, repeats);
                output = output.SplitAxis(i, repeats, input[i]);
            }
        }

        yield return new Piece(0, from, output, $"{input} repeated to {node.Outputs[0].Shape}");
    }

    private static int[]?[] Selected(Node node)
    {
        Shape input = node.Input(0).Shape, output = node.Outputs[0].Shape;
        return Enumerable.Range(0, input.Rank).Select(a => input[a] == output[a] ? null : Enumerable.Range(0, output[a]).Select(i => i % input[a]).ToArray()).ToArray();
    }

    /// <summary>The same with repetition on some axes only.</summary>
    private static (Value?[] Inputs, Attributes Attributes) Partly(Node node, bool[] axes, Pruner pruner)
    {
        long[] repeats = node.RequireConstant(1, "repeats").ToInt64Array().Select((r, a) => axes[a] ? r : 1).ToArray();
        return ([node.Input(0), pruner.Constant(node.Name + " repeats", Tensor.Vector<long>(repeats))], node.Attributes);
    }
}
