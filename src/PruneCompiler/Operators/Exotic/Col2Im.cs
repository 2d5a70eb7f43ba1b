using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Adds columns [N, C * block, positions] up to images [N, C, image..] (ONNX Col2Im, opset 18; image_shape and block_shape are constant).</summary>
public sealed class Col2Im : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "Col2Im";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Geometry g = Divide(node);
        Shape x = node.Input(0).Shape;
        long elements = g.Block.Aggregate(1L, (a, b) => a * b), positions = g.Positions.Aggregate(1L, (a, b) => a * b);
        if (x.Rank != 3 || elements < 1 || x[1] % elements != 0 || g.Positions.Any(p => p < 0) || x[2] != positions)
        {
            throw new OperatorException(node, $"columns of {x} do not fill an image of [{string.Join(", ", g.Image)}] with blocks of [{string.Join(", ", g.Block)}], which takes {positions} positions");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, [x[0], x[1] / elements, .. g.Image.Select(i => (long)i)]))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Geometry g = Divide(node);
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        fixed (float* from = inputs[0]!.As<float>(), to = y.As<float>())
        {
            ColumnsToImage.Run(from, to, (long)y.Shape[0] * y.Shape[1], g.Image, g.Block, g.Positions, g.Strides, g.Dilations, g.Pads);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Geometry g = Divide(node);
        Shape y = node.Outputs[0].Shape;
        lowering.Call(
            node,
            $"{node.Name}: Col2Im {node.Input(0).Shape} -> {y}.",
            "ColumnsToImage.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("planes", (long)y[0] * y[1]),
            Arg.Ints("image", g.Image),
            Arg.Ints("block", g.Block),
            Arg.Ints("positions", g.Positions),
            Arg.Ints("strides", g.Strides),
            Arg.Ints("dilations", g.Dilations),
            Arg.Ints("pads", g.Pads));
    }

    private static Geometry Divide(Node node)
    {
        int[] image = Small(node, node.RequireConstant(1, "image_shape").ToInt64Array()), block = Small(node, node.RequireConstant(2, "block_shape").ToInt64Array());
        int r = image.Length;
        int[] strides = Small(node, node.Attributes.Ints("strides") ?? Enumerable.Repeat(1L, r).ToArray()), dilations = Small(node, node.Attributes.Ints("dilations") ?? Enumerable.Repeat(1L, r).ToArray());
        int[] pads = Small(node, node.Attributes.Ints("pads") ?? new long[2 * r]);
        if (block.Length != r || strides.Length != r || dilations.Length != r || pads.Length != 2 * r || strides.Contains(0))
        {
            throw new OperatorException(node, $"block_shape, strides, dilations and pads do not fit an image of {r} axes");
        }

        int[] positions = Enumerable.Range(0, r).Select(i =>
        {
            long room = (long)image[i] + pads[i] + pads[i + r] - ((long)dilations[i] * (block[i] - 1)) - 1;
            return room < 0 ? 0 : (int)((room / strides[i]) + 1);
        }).ToArray();
        return new Geometry(image, block, positions, strides, dilations, pads[..r]);
    }

    private static int[] Small(Node node, long[] values) =>
        values.All(v => v is >= 0 and < 1 << 24) ? Array.ConvertAll(values, v => (int)v) : throw new OperatorException(node, $"[{string.Join(", ", values)}] is out of range");

    private sealed record Geometry(int[] Image, int[] Block, int[] Positions, int[] Strides, int[] Dilations, int[] Pads);
}
