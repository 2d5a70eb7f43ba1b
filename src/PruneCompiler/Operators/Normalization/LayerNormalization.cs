using PruneCompiler.Analyze;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Normalises all axes from "axis" (default -1) on, with a scale and maybe a bias that broadcast to them.</summary>
/// <param name="name">ONNX's name.</param>
/// <param name="centered">Whether the mean is subtracted.</param>
public abstract class RowNormalization(string name, bool centered) : Operator
{
    private static readonly AxisRule Rule = new()
    {
        Mixed = n => Enumerable.Range(FirstAxis(n), n.Input(0).Shape.Rank - FirstAxis(n)).ToArray(),
        ParameterAxis = n => FirstAxis(n) == n.Input(0).Shape.Rank - 1 ? FirstAxis(n) : -1,
        ScaleInput = 1,
        Applies = n => n.Outputs.Count == 1,
    };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override string Name => name;

    private static int FirstAxis(Node node) => AxisSplit.Axis(node, node.Input(0).Shape, node.Attributes.Int("axis", -1));

    /// <summary>Default of "epsilon".</summary>
    protected virtual float DefaultEpsilon => 1e-5f;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape shape = node.Input(0).Shape;
        int axis = AxisSplit.Axis(node, shape, node.Attributes.Int("axis", -1));
        Shape rows = new([.. shape.Dims[..axis], .. Enumerable.Repeat(1, shape.Rank - axis)]), inner = new(shape.Dims[axis..]);
        foreach (Value parameter in Parameters(node).OfType<Value>())
        {
            if (Shape.Broadcast(parameter.Shape, inner) != inner)
            {
                throw new OperatorException(node, $"{parameter.Name} of shape {parameter.Shape} does not broadcast to the normalised axes {inner}");
            }
        }

        var statistic = new TensorType((ElementType)node.Attributes.Int("stash_type", 1), rows);
        return centered ? [node.Input(0).TensorType, statistic, statistic] : [node.Input(0).TensorType, statistic];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        AxisSplit split = AxisSplit.From(node, x.Shape, node.Attributes.Int("axis", -1));
        Tensor[] results = [.. node.Outputs.Select(o => new Tensor(o.Type, o.Shape))];
        Shape inner = Inner(node);
        double epsilon = node.Attributes.Float("epsilon", DefaultEpsilon);
        for (int r = 0; r < split.Outer; r++)
        {
            double[] row = [.. Enumerable.Range(r * split.Count, split.Count).Select(i => Numbers.ReadFloat(x, i))];
            double mean = centered ? row.Average() : 0, deviation = 1 / Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + epsilon);
            for (int i = 0; i < row.Length; i++)
            {
                double scale = inputs.ElementAtOrDefault(1) is { } s ? Numbers.ReadFloat(s, BroadcastIndex.Of(s.Shape, inner, i)) : 1;
                double bias = centered && inputs.ElementAtOrDefault(2) is { } b ? Numbers.ReadFloat(b, BroadcastIndex.Of(b.Shape, inner, i)) : 0;
                Numbers.WriteFloat(results[0], (r * split.Count) + i, ((row[i] - mean) * deviation * scale) + bias);
            }

            double[] statistics = centered ? [mean, deviation] : [deviation];
            for (int k = 1; k < results.Length; k++)
            {
                Numbers.WriteFloat(results[k], r, statistics[k - 1]);
            }
        }

        return results;
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value input = node.Input(0);
        AxisSplit split = AxisSplit.From(node, input.Shape, node.Attributes.Int("axis", -1));
        ElementType type = ElementConversion.Computed(input.Type);
        Storage x = lowering.ReadPlainAs(node, input, type);
        Value?[] parameters = Parameters(node);
        Argument Parameter(string name, int index) => index < parameters.Length && parameters[index] is { } value ? Arg.Pointer(name, Expanded(node, lowering, value, type)) : Arg.Code(name, "null");
        Argument scale = Parameter("scale", 0), bias = Parameter("bias", 1);
        void Call(Storage y, Argument mean, Argument deviation) => lowering.Call(
            node,
            $"{node.Name}: {Name} of {split.Outer} rows of {split.Count} values.",
            "NormalizationKernel.Rows",
            Arg.Pointer("x", x),
            scale,
            bias,
            Arg.Pointer("y", y),
            mean,
            deviation,
            Arg.Int("rows", split.Outer),
            Arg.Int("count", split.Count),
            Arg.Float("epsilon", node.Attributes.Float("epsilon", DefaultEpsilon)),
            Arg.Bool("centered", centered));
        lowering.WritePlainAs(node, node.Outputs[0], type, y =>
            Statistic(node, lowering, "mean", centered ? 1 : -1, type, mean =>
                Statistic(node, lowering, "deviation", centered ? 2 : 1, type, deviation => Call(y, mean, deviation))));
    }

    private Value?[] Parameters(Node node) => centered ? [node.InputOrNull(1), node.InputOrNull(2)] : [node.InputOrNull(1)];

    private static void Statistic(Node node, Lowering lowering, string name, int output, ElementType type, Action<Argument> then)
    {
        if (output < 0 || output >= node.Outputs.Count)
        {
            then(Arg.Code(name, "null"));
        }
        else
        {
            lowering.WritePlainAs(node, node.Outputs[output], type, storage => then(Arg.Pointer(name, storage)));
        }
    }

    private static Storage Expanded(Node node, Lowering lowering, Value parameter, ElementType type)
    {
        Shape inner = Inner(node);
        if (parameter.Shape.Count == inner.Count)
        {
            return lowering.ReadPlainAs(node, parameter, type);
        }

        Storage expanded = lowering.Scratch(parameter.Name + " expanded", new TensorType(type, inner));
        lowering.Map(node, $"{parameter.Name}: repeated over the normalised axes.", expanded, [parameter], parameter.Type == type ? "a" : $"(cast {type.Text()} a)");
        return expanded;
    }

    private static Shape Inner(Node node)
    {
        Shape shape = node.Input(0).Shape;
        return new Shape(shape.Dims[AxisSplit.Axis(node, shape, node.Attributes.Int("axis", -1))..]);
    }
}

/// <summary>(x - mean) / sqrt(variance + epsilon) * scale + bias (ONNX LayerNormalization, opset 17; Ba et al., "Layer Normalization", 2016); also gives mean and 1 / deviation.</summary>
public sealed class LayerNormalization() : RowNormalization("LayerNormalization", centered: true);

/// <summary>x / sqrt(mean of squares + epsilon) * scale (ONNX RMSNormalization, opset 23; Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019).</summary>
public sealed class RMSNormalization() : RowNormalization("RMSNormalization", centered: false);

/// <summary>ONNX Runtime's older name of <see cref="RMSNormalization"/>; also gives 1 / deviation.</summary>
public sealed class SimplifiedLayerNormalization() : RowNormalization("SimplifiedLayerNormalization", centered: false);
