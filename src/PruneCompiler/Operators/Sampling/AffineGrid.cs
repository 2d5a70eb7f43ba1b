using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>A sampling grid [N, (D,) H, W, 2 or 3] from affine maps [N, 2, 3] or [N, 3, 4] and a constant size (N, C, (D,) H, W) (ONNX AffineGrid, opset 20).</summary>
public sealed class AffineGrid : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "AffineGrid";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        long[] size = node.RequireConstant(1, "size").ToInt64Array();
        int r = size.Length - 2;
        if (r is not (2 or 3) || node.Input(0).Shape.Rank != 3 || node.Input(0).Shape[0] != size[0] || node.Input(0).Shape[1] != r || node.Input(0).Shape[2] != r + 1)
        {
            throw new OperatorException(node, $"maps of {node.Input(0).Shape} do not fit the size [{string.Join(", ", size)}]");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, [size[0], .. size[2..], r]))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        fixed (float* theta = inputs[0]!.As<float>(), to = y.As<float>())
        {
            AffineGrids.Run(theta, to, y.Shape[0], y.Shape.Dims[1..^1], Aligned(node));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape y = node.Outputs[0].Shape;
        lowering.Call(
            node,
            $"{node.Name}: AffineGrid {y}.",
            "AffineGrids.Run",
            Arg.Pointer("theta", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("grid", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("batch", y[0]),
            Arg.Ints("sizes", y.Dims[1..^1].ToArray()),
            Arg.Bool("alignCorners", Aligned(node)));
    }

    private static bool Aligned(Node node) => node.Attributes.Int("align_corners") != 0;
}
