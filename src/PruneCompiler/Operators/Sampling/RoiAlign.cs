using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Pools regions [R, 4] of [N, C, H, W] to [R, C, output_height, output_width] by bilinear samples (ONNX RoiAlign, opsets 10 to 22).</summary>
/// <remarks>Opset 16 added coordinate_transformation_mode, whose default shifts by half a pixel; before, coordinates are not shifted.</remarks>
public sealed class RoiAlign : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "RoiAlign";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 4, 4);
        Rules.Indices(node, 2, only64: true);
        Shape x = node.Input(0).Shape, rois = node.Input(1).Shape;
        if (rois.Rank != 2 || rois[1] != 4 || node.Input(2).Shape != new Shape(rois[0]) || x.Count == 0)
        {
            throw new OperatorException(node, $"regions {rois} with batch indices {node.Input(2).Shape} do not fit {x}");
        }

        if (node.Attributes.Text("mode", "avg") is not ("avg" or "max") || Transformation(node) is not ("half_pixel" or "output_half_pixel") || Samples(node) is < 0 or > 1 << 14)
        {
            throw new OperatorException(node, $"mode '{node.Attributes.Text("mode", "avg")}', coordinates '{Transformation(node)}' or {Samples(node)} samples are not defined");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, rois[0], x[1], node.Attributes.Int("output_height", 1), node.Attributes.Int("output_width", 1)))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Shape x = node.Input(0).Shape;
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        fixed (float* from = inputs[0]!.As<float>(), rois = inputs[1]!.As<float>(), to = y.As<float>())
        fixed (long* batches = inputs[2]!.As<long>())
        {
            RegionPooling.Align(from, rois, batches, to, x[0], x[1], x[2], x[3], y.Shape[0], y.Shape[2], y.Shape[3], (int)Samples(node), Scale(node), HalfPixel(node), Average(node));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape x = node.Input(0).Shape, y = node.Outputs[0].Shape;
        lowering.Call(
            node,
            $"{node.Name}: RoiAlign of {y[0]} regions of {x} to {y[2]} x {y[3]}.",
            "RegionPooling.Align",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("rois", lowering.ReadPlain(node, node.Input(1))),
            Arg.Pointer("batches", lowering.ReadPlain(node, node.Input(2))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("batch", x[0]),
            Arg.Int("channels", x[1]),
            Arg.Int("height", x[2]),
            Arg.Int("width", x[3]),
            Arg.Int("count", y[0]),
            Arg.Int("outHeight", y[2]),
            Arg.Int("outWidth", y[3]),
            Arg.Int("samples", Samples(node)),
            Arg.Float("scale", Scale(node)),
            Arg.Bool("halfPixel", HalfPixel(node)),
            Arg.Bool("average", Average(node)));
    }

    private static string Transformation(Node node) => node.Attributes.Text("coordinate_transformation_mode", node.Opset >= 16 ? "half_pixel" : "output_half_pixel");

    private static bool HalfPixel(Node node) => Transformation(node) == "half_pixel";

    private static bool Average(Node node) => node.Attributes.Text("mode", "avg") == "avg";

    private static long Samples(Node node) => node.Attributes.Int("sampling_ratio");

    private static float Scale(Node node) => node.Attributes.Float("spatial_scale", 1);
}
