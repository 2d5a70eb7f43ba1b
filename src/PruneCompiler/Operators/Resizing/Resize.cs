using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Resamples a value to another size (ONNX Resize, opsets 10 to 19; Upsample, opsets 7 to 9).</summary>
/// <remarks>
/// Modes nearest (any element type), linear and cubic (any number of axes), all coordinate and rounding modes, antialias, exclude_outside, axes,
/// keep_aspect_ratio_policy. Scales, sizes and roi are constant, so the neighbours and weights of each axis are tables of the weights resource.
/// </remarks>
public sealed class Resize(string name = "Resize") : SinglePrecisionOperator
{
    private static readonly AxisRule Rule = new()
    {
        Mixed = ResizeChannels.Mixed,
        KeepsConstants = _ => true,
        Applies = ResizeChannels.Apply,
        Parameters = ResizeChannels.Parameters,
    };

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        var mode = new ResizeMode(node);
        if (!mode.Nearest && !NumberTypes.Has(node.Input(0).Type))
        {
            throw new OperatorException(node, $"{node.Input(0).Type.Text()} cannot be interpolated");
        }

        Shape result = ResizeShape.Of(node).Shape;
        return result.Count == 0 || node.Input(0).Shape.Count > 0
            ? [new TensorType(node.Input(0).Type, result)]
            : throw new OperatorException(node, $"an empty value of {node.Input(0).Shape} cannot be resized to {result}");
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        var mode = new ResizeMode(node);
        ResizeAxis[] axes = Axes(node, mode);
        if (!mode.Nearest)
        {
            return [Interpolate(node, x, axes)];
        }

        var y = new Tensor(x.Type, node.Outputs[0].Shape);
        int[] tables = axes.SelectMany(a => a.Table).ToArray();
        fixed (byte* from = x.Bytes, to = y.Bytes, outside = Outside(node).Bytes)
        fixed (int* table = tables)
        {
            NearestResize.Run(from, to, outside, table, x.Type.Size(), x.Shape.Dims, y.Shape.Dims);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value x = node.Input(0), y = node.Outputs[0];
        var mode = new ResizeMode(node);
        ResizeAxis[] axes = Axes(node, mode);
        string about = $"{node.Name}: {Name} {x.Shape} -> {y.Shape}, {node.Attributes.Text("mode", "nearest")}";
        if (mode.Nearest)
        {
            int[] tables = axes.SelectMany(a => a.Table).ToArray();
            lowering.Call(
                node,
                about + ".",
                "NearestResize.Run",
                Arg.Pointer("input", lowering.ReadPlain(node, x)),
                Arg.Pointer("output", lowering.WritePlain(node, y)),
                Arg.Pointer("outside", x.Type, lowering.Weights.Add(Emit.WeightsSection.Stream, Outside(node).Bytes)),
                Arg.Pointer("tables", ElementType.Int32, lowering.Pack<int>(Emit.WeightsSection.Stream, tables)),
                Arg.Int("size", x.Type.Size()),
                Arg.Ints("inputShape", x.Shape.Dims.ToArray()),
                Arg.Ints("outputShape", y.Shape.Dims.ToArray()));
            return;
        }

        ResizeAxis[] order = Order(axes);
        Storage from = lowering.ReadPlain(node, x);
        if (order.Length == 0)
        {
            lowering.Alias(node, y, from);
            return;
        }

        for (int i = 0; i < order.Length; i++)
        {
            ResizeAxis axis = order[i];
            Shape shape = from.Shape.With(axis.Axis, axis.Output);
            Storage to = i == order.Length - 1 ? lowering.WritePlain(node, y) : lowering.Scratch($"{node.Name} axis {axis.Axis}", new TensorType(ElementType.Float32, shape));
            lowering.Call(
                node,
                $"{about}: axis {axis.Axis}, {axis.Taps} neighbours.",
                "Resampling.Axis",
                Arg.Pointer("input", from),
                Arg.Pointer("output", to),
                Arg.Pointer("table", ElementType.Int32, lowering.Pack<int>(Emit.WeightsSection.Stream, axis.Table)),
                Arg.Pointer("weights", ElementType.Float32, lowering.Pack<float>(Emit.WeightsSection.Stream, axis.Weights)),
                Arg.Int("outer", new Shape(shape.Dims[..axis.Axis]).Count),
                Arg.Int("inputLength", axis.Input),
                Arg.Int("outputLength", axis.Output),
                Arg.Int("inner", new Shape(shape.Dims[(axis.Axis + 1)..]).Count),
                Arg.Int("taps", axis.Taps),
                Arg.Float("outside", Extrapolation(node)));
            from = to;
        }
    }

    /// <inheritdoc/>
    protected override bool NeedsSingle(Node node) => node.Input(0).Type != ElementType.Float32 && !new ResizeMode(node).Nearest;

    private static ResizeAxis[] Axes(Node node, ResizeMode mode)
    {
        ResizeShape target = ResizeShape.Of(node);
        Shape x = node.Input(0).Shape;
        return Enumerable.Range(0, x.Rank).Select(i => ResizeAxis.Make(mode, i, x[i], target.Shape[i], target.Scales[i], target.Starts[i], target.Ends[i])).ToArray();
    }

    // Shrinking first, outermost axis first; then growing, innermost first: each pass sees as few elements as possible, and the gathering one fewest.
    private static ResizeAxis[] Order(ResizeAxis[] axes) =>
        axes.Where(a => !a.IsIdentity).OrderBy(a => a.Output <= a.Input ? a.Axis : axes.Length + axes.Length - a.Axis).ToArray();

    // The definition: passes over the axes in double precision.
    private static Tensor Interpolate(Node node, Tensor x, ResizeAxis[] axes)
    {
        double[] values = Enumerable.Range(0, x.Count).Select(x.GetDouble).ToArray();
        Shape shape = x.Shape;
        foreach (ResizeAxis axis in axes)
        {
            Shape next = shape.With(axis.Axis, axis.Output);
            int inner = (int)new Shape(shape.Dims[(axis.Axis + 1)..]).Count;
            var result = new double[next.Count];
            for (int i = 0; i < result.Length; i++)
            {
                int at = i / inner % axis.Output, start = (i / inner / axis.Output * axis.Input * inner) + (i % inner);
                result[i] = axis.Table[at] < 0
                    ? Extrapolation(node)
                    : Enumerable.Range(0, axis.Taps).Sum(t => axis.Weights[(t * axis.Output) + at] * values[start + (axis.Table[(t * axis.Output) + at] * inner)]);
            }

            (values, shape) = (result, next);
        }

        var y = new Tensor(x.Type, shape);
        for (int i = 0; i < values.Length; i++)
        {
            Numbers.WriteFloat(y, i, values[i]);
        }

        return y;
    }

    private static float Extrapolation(Node node) => node.Attributes.Float("extrapolation_value");

    private static Tensor Outside(Node node) => Tensors.Of(node.Input(0).Type, Extrapolation(node));
}
