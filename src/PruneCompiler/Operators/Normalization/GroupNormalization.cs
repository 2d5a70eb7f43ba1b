using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Normalises groups of channels of [N, C, D1, ...] over their pixels.</summary>
/// <param name="name">ONNX's name.</param>
public abstract class ChannelGroupNormalization(string name) : Operator
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape shape = node.Input(0).Shape;
        if (shape.Rank < 2)
        {
            throw new OperatorException(node, $"needs batch and channels, not {shape}");
        }

        int groups = Groups(node);
        if (groups <= 0 || shape[1] % groups != 0)
        {
            throw new OperatorException(node, $"{shape[1]} channels do not divide into {groups} groups");
        }

        foreach (Value parameter in new[] { node.Input(1), node.Input(2) })
        {
            if (parameter.Shape.Count != shape[1] && parameter.Shape.Count != groups)
            {
                throw new OperatorException(node, $"{parameter.Name} of shape {parameter.Shape} fits neither {shape[1]} channels nor {groups} groups");
            }
        }

        return [node.Input(0).TensorType];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!, scale = inputs[1]!, bias = inputs[2]!;
        var y = new Tensor(x.Type, x.Shape);
        int groups = Groups(node), channels = x.Shape[1] / groups, count = x.Count / Math.Max(1, x.Shape[0] * groups);
        double epsilon = node.Attributes.Float("epsilon", 1e-5f);
        for (int g = 0; g < x.Shape[0] * groups; g++)
        {
            double[] group = [.. Enumerable.Range(g * count, count).Select(i => Numbers.ReadFloat(x, i))];
            double mean = group.Average(), deviation = Math.Sqrt(group.Average(v => (v - mean) * (v - mean)) + epsilon);
            for (int i = 0; i < count; i++)
            {
                int channel = (g % groups * channels) + (i / (count / channels));
                int at = PerGroup(node) ? channel / channels : channel;
                Numbers.WriteFloat(y, (g * count) + i, ((group[i] - mean) / deviation * Numbers.ReadFloat(scale, at)) + Numbers.ReadFloat(bias, at));
            }
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value input = node.Input(0);
        int groups = Groups(node), channels = input.Shape[1] / groups;
        ElementType type = ElementConversion.Computed(input.Type);
        Storage x = lowering.ReadPlainAs(node, input, type), scale = lowering.ReadPlainAs(node, node.Input(1), type), bias = lowering.ReadPlainAs(node, node.Input(2), type);
        lowering.WritePlainAs(node, node.Outputs[0], type, y => lowering.Call(
            node,
            $"{node.Name}: {Name} of {groups} groups of {channels} channels.",
            "NormalizationKernel.Groups",
            Arg.Pointer("x", x),
            Arg.Pointer("scale", scale),
            Arg.Pointer("bias", bias),
            Arg.Pointer("y", y),
            Arg.Int("images", input.Shape[0]),
            Arg.Int("groups", groups),
            Arg.Int("channels", channels),
            Arg.Int("pixels", AxisSplit.At(node, input.Shape, 1).Inner),
            Arg.Float("epsilon", node.Attributes.Float("epsilon", 1e-5f)),
            Arg.Bool("perGroup", PerGroup(node))));
    }

    /// <summary>Number of groups.</summary>
    protected abstract int Groups(Node node);

    private bool PerGroup(Node node) => node.Input(1).Shape.Count != node.Input(0).Shape[1];
}

/// <summary>Normalisation of "num_groups" groups of channels (ONNX GroupNormalization, opsets 18 and 21; Wu and He, "Group Normalization", 2018); scale and bias are per group in 18, per channel from 21 on.</summary>
public sealed class GroupNormalization() : ChannelGroupNormalization("GroupNormalization")
{
    private static readonly GroupNormalizationRule Rule = new(n => (int)n.Attributes.Int("num_groups"));

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    protected override int Groups(Node node) => (int)node.Attributes.Int("num_groups");
}

/// <summary>Normalisation of every channel by itself (ONNX InstanceNormalization, opsets 6 to 22; Ulyanov et al., "Instance Normalization", 2016).</summary>
public sealed class InstanceNormalization() : ChannelGroupNormalization("InstanceNormalization")
{
    private static readonly AxisRule Rule = new() { Mixed = n => Enumerable.Range(2, n.Input(0).Shape.Rank - 2).ToArray(), ParameterAxis = _ => 1, ScaleInput = 1 };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    protected override int Groups(Node node) => node.Input(0).Shape[1];
}
