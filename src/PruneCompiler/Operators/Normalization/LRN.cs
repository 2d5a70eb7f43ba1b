using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>x / (bias + alpha / size * sum of squares over neighbouring channels) ^ beta over [N, C, D1, ...] (ONNX LRN, opsets 1 to 13).</summary>
public sealed class LRN : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = _ => [1] };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override string Name => "LRN";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => node.Input(0).Shape.Rank < 2 || node.Attributes.Int("size") < 1
        ? throw new OperatorException(node, $"needs batch and channels and a size of at least 1, not {node.Input(0).Shape} and {node.Attributes.Int("size")}")
        : [node.Input(0).TensorType];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        var y = new Tensor(x.Type, x.Shape);
        AxisSplit split = AxisSplit.At(node, x.Shape, 1);
        int size = (int)node.Attributes.Int("size");
        for (int i = 0; i < x.Count; i++)
        {
            int channel = i / split.Inner % split.Count;
            double sum = 0;
            for (int k = Math.Max(0, channel - ((size - 1) / 2)); k <= Math.Min(split.Count - 1, channel + (size / 2)); k++)
            {
                double v = Numbers.ReadFloat(x, i + ((k - channel) * split.Inner));
                sum += v * v;
            }

            double power = Math.Pow(node.Attributes.Float("bias", 1) + (node.Attributes.Float("alpha", 1e-4f) / size * sum), node.Attributes.Float("beta", 0.75f));
            Numbers.WriteFloat(y, i, Numbers.ReadFloat(x, i) / power);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        AxisSplit split = AxisSplit.At(node, node.Input(0).Shape, 1);
        Storage x = lowering.ReadPlainAs(node, node.Input(0), ElementType.Float32);
        lowering.WritePlainAs(node, node.Outputs[0], ElementType.Float32, y => lowering.Call(
            node,
            $"{node.Name}: local response normalisation over {node.Attributes.Int("size")} of {split.Count} channels.",
            "NormalizationKernel.AcrossChannels",
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Int("images", split.Outer),
            Arg.Int("channels", split.Count),
            Arg.Int("pixels", split.Inner),
            Arg.Int("size", node.Attributes.Int("size")),
            Arg.Float("alpha", node.Attributes.Float("alpha", 1e-4f)),
            Arg.Float("beta", node.Attributes.Float("beta", 0.75f)),
            Arg.Float("bias", node.Attributes.Float("bias", 1))));
    }
}
