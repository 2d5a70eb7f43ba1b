using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>2-D convolution whose taps are sampled at computed offsets (ONNX DeformConv, opsets 19 and 22): inputs X, W, offset, B, mask.</summary>
public sealed class DeformConv : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "DeformConv";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 4, 4);
        Rules.Rank(node, node.Input(1), 4, 4);
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        Geometry g = Divide(node);
        if (g.Groups < 1 || g.OffsetGroups < 1 || x[1] % g.Groups != 0 || w[0] % g.Groups != 0 || x[1] % g.OffsetGroups != 0 || w[1] != x[1] / g.Groups || g.Result.Any(d => d < 1))
        {
            throw new OperatorException(node, $"weights {w} in {g.Groups} groups with {g.OffsetGroups} groups of offsets do not fit {x}");
        }

        int taps = w[2] * w[3];
        Shape Expected(int parts) => new(x[0], g.OffsetGroups * taps * parts, g.Result[0], g.Result[1]);
        if (node.Input(2).Shape != Expected(2) || (node.InputOrNull(4) is { } mask && mask.Shape != Expected(1)) || (node.InputOrNull(3) is { } bias && bias.Shape != new Shape(w[0])))
        {
            throw new OperatorException(node, $"offsets {node.Input(2).Shape}, bias {node.InputOrNull(3)?.Shape} or mask {node.InputOrNull(4)?.Shape} do not fit; offsets must be {Expected(2)}");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, x[0], w[0], g.Result[0], g.Result[1]))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        Geometry g = Divide(node);
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        byte[]? Bytes(int i) => i < inputs.Length ? inputs[i]?.Bytes : null;
        fixed (float* from = inputs[0]!.As<float>(), weights = inputs[1]!.As<float>(), offset = inputs[2]!.As<float>(), to = y.As<float>(), work = new float[x[1] * w[2] * w[3]])
        fixed (byte* bias = Bytes(3), mask = Bytes(4))
        {
            DeformedConv.Run(from, weights, offset, (float*)bias, (float*)mask, to, work, x[0], x[1], w[0], g.Groups, g.OffsetGroups, g.Image, g.Result, g.Kernel, g.Strides, g.Dilations, g.Pads);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        Geometry g = Divide(node);
        Emit.Argument Optional(int input, string name) =>
            node.InputOrNull(input) is { } value ? Arg.Pointer(name, lowering.ReadPlain(node, value)) : Arg.Code(name, "null");

        lowering.Call(
            node,
            $"{node.Name}: DeformConv {x[1]} -> {w[0]}, {w[2]}x{w[3]}, every weight multiplied.",
            "DeformedConv.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("weights", lowering.ReadPlain(node, node.Input(1))),
            Arg.Pointer("offset", lowering.ReadPlain(node, node.Input(2))),
            Optional(3, "bias"),
            Optional(4, "mask"),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("work", ElementType.Float32, lowering.ScratchElements(node.Name + " work", ElementType.Float32, (long)x[1] * w[2] * w[3])),
            Arg.Int("batch", x[0]),
            Arg.Int("channels", x[1]),
            Arg.Int("outChannels", w[0]),
            Arg.Int("groups", g.Groups),
            Arg.Int("offsetGroups", g.OffsetGroups),
            Arg.Ints("image", g.Image),
            Arg.Ints("result", g.Result),
            Arg.Ints("kernel", g.Kernel),
            Arg.Ints("strides", g.Strides),
            Arg.Ints("dilations", g.Dilations),
            Arg.Ints("pads", g.Pads[..2]));
    }

    private static Geometry Divide(Node node)
    {
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        int[] List(string name, int count, int otherwise)
        {
            long[] values = node.Attributes.Ints(name) ?? Enumerable.Repeat((long)otherwise, count).ToArray();
            return values.Length == count && values.All(v => v >= 0 && v < 1 << 24) && (otherwise == 0 || !values.Contains(0))
                ? Array.ConvertAll(values, v => (int)v)
                : throw new OperatorException(node, $"{name} [{string.Join(", ", values)}] is not defined here");
        }

        int[] strides = List("strides", 2, 1), dilations = List("dilations", 2, 1), pads = List("pads", 4, 0), kernel = [w[2], w[3]];
        int[] result = Enumerable.Range(0, 2).Select(i => (int)Math.Max(0, (((long)x[i + 2] + pads[i] + pads[i + 2] - ((long)dilations[i] * (kernel[i] - 1)) - 1) / strides[i]) + 1)).ToArray();
        return new Geometry((int)node.Attributes.Int("group", 1), (int)node.Attributes.Int("offset_group", 1), [x[2], x[3]], result, kernel, strides, dilations, pads);
    }

    private sealed record Geometry(int Groups, int OffsetGroups, int[] Image, int[] Result, int[] Kernel, int[] Strides, int[] Dilations, int[] Pads);
}
