using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>The p-norm of the pixels under each window (ONNX LpPool, opsets 1 to 22).</summary>
public sealed class LpPool : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = n => Enumerable.Range(2, n.Input(0).Shape.Rank - 2).ToArray() };

    /// <inheritdoc/>
    public override string Name => "LpPool";

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
        double p = Exponent(node);
        var fold = new PoolReference.Fold(0, (sum, v, _) => sum + Math.Pow(Math.Abs(v), p), (sum, _, _) => Math.Pow(sum, 1 / p));
        double[] values = PoolReference.Run(WholeTensors.Doubles(x), x.Shape[0] * x.Shape[1], window, fold);
        return [WholeTensors.Tensor(x.Type, new Shape([x.Shape[0], x.Shape[1], .. window.Output]), values)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => PlainPool.LowerNorm(node, lowering, SpatialWindow.OfPool(node, node.Input(0).Shape), Exponent(node));

    /// <summary>The attribute p: a float in opset 1, an integer later.</summary>
    internal static float Exponent(Node node) => node.Attributes.Get("p") switch
    {
        null => 2,
        long whole => whole,
        float fraction => fraction,
        _ => throw new OperatorException(node, "the attribute p is no number"),
    };
}
