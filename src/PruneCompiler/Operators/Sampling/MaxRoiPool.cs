using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The largest elements in the bins of regions [R, 5] of [N, C, H, W]: [R, C, pooled_shape] (ONNX MaxRoiPool, opsets 1 and 22).</summary>
public sealed class MaxRoiPool : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "MaxRoiPool";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 4, 4);
        Shape x = node.Input(0).Shape, rois = node.Input(1).Shape;
        long[] pooled = node.Attributes.Ints("pooled_shape") ?? [];
        return rois.Rank == 2 && rois[1] == 5 && pooled.Length == 2 && x.Count > 0
            ? [new TensorType(node.Input(0).Type, Rules.Shape(node, rois[0], x[1], pooled[0], pooled[1]))]
            : throw new OperatorException(node, $"regions {rois} and pooled_shape [{string.Join(", ", pooled)}] do not fit {x}");
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Shape x = node.Input(0).Shape;
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        fixed (float* from = inputs[0]!.As<float>(), rois = inputs[1]!.As<float>(), to = y.As<float>())
        {
            RegionPooling.Max(from, rois, to, x[0], x[1], x[2], x[3], y.Shape[0], y.Shape[2], y.Shape[3], node.Attributes.Float("spatial_scale", 1));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape x = node.Input(0).Shape, y = node.Outputs[0].Shape;
        lowering.Call(
            node,
            $"{node.Name}: MaxRoiPool of {y[0]} regions of {x} to {y[2]} x {y[3]}.",
            "RegionPooling.Max",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("rois", lowering.ReadPlain(node, node.Input(1))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("batch", x[0]),
            Arg.Int("channels", x[1]),
            Arg.Int("height", x[2]),
            Arg.Int("width", x[3]),
            Arg.Int("count", y[0]),
            Arg.Int("outHeight", y[2]),
            Arg.Int("outWidth", y[3]),
            Arg.Float("scale", node.Attributes.Float("spatial_scale", 1)));
    }
}
