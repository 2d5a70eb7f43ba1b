using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Samples [N, C, D1.., Dr] at the positions of a grid [N, P1.., Pr, r] (ONNX GridSample, opsets 16 to 22), for one to three axes.</summary>
/// <remarks>Modes linear (bilinear), nearest and cubic (bicubic); padding modes zeros, border, reflection; align_corners.</remarks>
public sealed class GridSample : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "GridSample";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape, grid = node.Input(1).Shape;
        if (x.Rank is < 3 or > 5 || grid.Rank != x.Rank || grid[0] != x[0] || grid[-1] != x.Rank - 2 || x.Dims[2..].Contains(0))
        {
            throw new OperatorException(node, $"a grid of {grid} does not fit a value of {x}");
        }

        Mode(node);
        Padding(node);
        return [new TensorType(node.Input(0).Type, new Shape([x[0], x[1], .. grid.Dims[1..^1]]))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Shape x = node.Input(0).Shape;
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        fixed (float* from = inputs[0]!.As<float>(), grid = inputs[1]!.As<float>(), to = y.As<float>())
        {
            GridSampling.Run(from, grid, to, x[0], x[1], x.Dims[2..], Points(node), Mode(node), Padding(node), Aligned(node));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape x = node.Input(0).Shape;
        lowering.Call(
            node,
            $"{node.Name}: GridSample of {x} at {Points(node)} points, {Mode(node)}, {Padding(node)}.",
            "GridSampling.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("grid", lowering.ReadPlain(node, node.Input(1))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("batch", x[0]),
            Arg.Int("channels", x[1]),
            Arg.Ints("sizes", x.Dims[2..].ToArray()),
            Arg.Int("points", Points(node)),
            Arg.Code("mode", $"GridMode.{Mode(node)}"),
            Arg.Code("padding", $"GridPadding.{Padding(node)}"),
            Arg.Bool("alignCorners", Aligned(node)));
    }

    private static long Points(Node node) => new Shape(node.Input(1).Shape.Dims[1..^1]).Count;

    private static bool Aligned(Node node) => node.Attributes.Int("align_corners") != 0;

    private static GridMode Mode(Node node) => node.Attributes.Text("mode", "linear") switch
    {
        "linear" or "bilinear" => GridMode.Linear,
        "cubic" or "bicubic" => GridMode.Cubic,
        "nearest" => GridMode.Nearest,
        string other => throw new OperatorException(node, $"mode '{other}' is none of linear, cubic, nearest"),
    };

    private static GridPadding Padding(Node node) => node.Attributes.Text("padding_mode", "zeros") switch
    {
        "zeros" => GridPadding.Zeros,
        "border" => GridPadding.Border,
        "reflection" => GridPadding.Reflection,
        string other => throw new OperatorException(node, $"padding_mode '{other}' is none of zeros, border, reflection"),
    };
}
