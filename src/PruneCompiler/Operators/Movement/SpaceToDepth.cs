using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Moves blocks of pixels into channels: [N, C, H, W] to [N, C * b², H / b, W / b] (ONNX SpaceToDepth, opsets 1 and 13).</summary>
public sealed class SpaceToDepth : CopyOperator
{
    private static readonly BlockRule Rule = new(toSpace: false);

    /// <inheritdoc/>
    public override string Name => "SpaceToDepth";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 4, 4);
        Shape x = node.Input(0).Shape;
        long b = node.Attributes.Int("blocksize");
        if (b is < 1 or > 1 << 15 || x[2] % b != 0 || x[3] % b != 0)
        {
            throw new OperatorException(node, $"an image of {x[2]} x {x[3]} does not divide into blocks of {b} x {b}");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, x[0], x[1] * b * b, x[2] / b, x[3] / b))];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Piece> Pieces(Node node, Func<int, View> look, View output)
    {
        int b = (int)node.Attributes.Int("blocksize");
        View x = look(0);
        View from = x.SplitAxis(3, x.Shape[3] / b, b).SplitAxis(2, x.Shape[2] / b, b).Transpose([0, 3, 5, 1, 2, 4]);
        yield return new Piece(0, from, output.SplitAxis(1, b, b, x.Shape[1]), $"blocks of {b} x {b} pixels become channels");
    }
}
