using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Operators whose output is put together from strided pieces of their inputs.</summary>
public abstract class CopyOperator : Operator
{
    /// <summary>The pieces, in the order in which they are written (a later one may overwrite).</summary>
    /// <param name="node">The node.</param>
    /// <param name="look">A look at all of an input, by number.</param>
    /// <param name="output">A look at all of the output.</param>
    protected abstract IEnumerable<Piece> Pieces(Node node, Func<int, View> look, View output);

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        var result = new Tensor(node.Outputs[0].Type, node.Outputs[0].Shape);
        foreach (Piece piece in Pieces(node, i => View.Of(inputs[i]!.Shape), View.Of(result.Shape)))
        {
            View.Copy(piece.Constant ?? inputs[piece.Input]!, piece.From, result, piece.To);
        }

        return [result];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Storage output = lowering.Write(node.Outputs[0]);
        foreach (Piece piece in Pieces(node, i => View.Of(lowering.Read(node.Input(i))), View.Of(output)))
        {
            if (piece.To.Shape.Count == 0)
            {
                continue;
            }

            Storage from = piece.Constant is { } constant
                ? Storage.Plain(constant.Type, constant.Shape, lowering.Weights.Add(Emit.WeightsSection.Stream, constant.Bytes))
                : lowering.Read(node.Input(piece.Input));
            lowering.Copy(node, $"{node.Name}: {Name}, {piece.About}.", piece.From.On(from), piece.To.On(output));
        }
    }

    /// <summary>One strided copy.</summary>
    /// <param name="Input">Number of the input that is read.</param>
    /// <param name="From">What of it is read.</param>
    /// <param name="To">Where in the output it goes; of the same shape.</param>
    /// <param name="About">For people: what the piece is.</param>
    /// <param name="Constant">Read instead of an input.</param>
    protected sealed record Piece(int Input, View From, View To, string About, Tensor? Constant = null);
}
