using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Moves channels into blocks of pixels: [N, C, H, W] to [N, C / b², H * b, W * b] (ONNX DepthToSpace, opsets 1 to 13; modes DCR and CRD).</summary>
public sealed class DepthToSpace : CopyOperator
{
    private static readonly BlockRule Rule = new(toSpace: true);

    /// <inheritdoc/>
    public override string Name => "DepthToSpace";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 4, 4);
        Shape x = node.Input(0).Shape;
        long b = node.Attributes.Int("blocksize");
        if (b is < 1 or > 1 << 15 || x[1] % (b * b) != 0)
        {
            throw new OperatorException(node, $"{x[1]} channels do not divide into blocks of {b} x {b}");
        }

        if (node.Attributes.Text("mode", "DCR") is not ("DCR" or "CRD"))
        {
            throw new OperatorException(node, $"mode '{node.Attributes.Text("mode")}' is neither DCR nor CRD");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, x[0], x[1] / (b * b), x[2] * b, x[3] * b))];
    }

    /// <inheritdoc/>
    protected override IEnumerable<Piece> Pieces(Node node, Func<int, View> look, View output)
    {
        int b = (int)node.Attributes.Int("blocksize"), channels = output.Shape[1];
        View x = look(0);
        int h = x.Shape[2], w = x.Shape[3];

        // Both sides as [N, C', H, row in block, W, column in block].
        View from = node.Attributes.Text("mode", "DCR") == "DCR"
            ? x.SplitAxis(1, b, b, channels).Transpose([0, 3, 4, 1, 5, 2])
            : x.SplitAxis(1, channels, b, b).Transpose([0, 1, 4, 2, 5, 3]);
        yield return new Piece(0, from, output.SplitAxis(3, w, b).SplitAxis(2, h, b), $"groups of {b * b} channels become blocks of {b} x {b} pixels");
    }
}
