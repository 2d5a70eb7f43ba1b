using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>The mean of the pixels under each window (ONNX AveragePool, opsets 1 to 22).</summary>
/// <remarks>With count_include_pad the padding counts as pixels of value 0; what ceil_mode adds behind it never counts.</remarks>
public sealed class AveragePool : Operator
{
    private static readonly AxisRule Rule = new()
    {
        Mixed = n => Enumerable.Range(2, n.Input(0).Shape.Rank - 2).ToArray(),
        KeepsConstants = n => n.Attributes.Int("count_include_pad") == 0,
    };

    /// <inheritdoc/>
    public override string Name => "AveragePool";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        return [new TensorType(node.Input(0).Type, new Shape([x[0], x[1], .. SpatialWindow.OfPool(node, x).Output]))];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        SpatialWindow window = SpatialWindow.OfPool(node, x.Shape);
        bool withPadding = node.Attributes.Int("count_include_pad") != 0;
        var fold = new PoolReference.Fold(0, (sum, v, _) => sum + v, (sum, pixels, padded) => pixels == 0 ? 0 : sum / (withPadding ? padded : pixels));
        double[] values = PoolReference.Run(WholeTensors.Doubles(x), x.Shape[0] * x.Shape[1], window, fold);
        return [WholeTensors.Tensor(x.Type, new Shape([x.Shape[0], x.Shape[1], .. window.Output]), values)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => PlainPool.LowerAverage(node, lowering);
}
