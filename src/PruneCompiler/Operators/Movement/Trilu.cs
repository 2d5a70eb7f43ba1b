using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The upper or lower triangle of the matrices in the last two axes, zero elsewhere (ONNX Trilu, opset 14; k is a constant input).</summary>
public sealed class Trilu : Operator
{
    /// <inheritdoc/>
    public override string Name => "Trilu";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 2);
        Diagonal(node);
        return [node.Input(0).TensorType];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!, y = new(x.Type, x.Shape);
        fixed (byte* from = x.Bytes, to = y.Bytes)
        {
            Triangle.Run(from, to, x.Type.Size(), Batch(x.Shape), x.Shape[-2], x.Shape[-1], Diagonal(node), Upper(node));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape x = node.Input(0).Shape;
        lowering.Call(
            node,
            $"{node.Name}: Trilu, the {(Upper(node) ? "upper" : "lower")} triangle from diagonal {Diagonal(node)} of {x}.",
            "Triangle.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("size", node.Input(0).Type.Size()),
            Arg.Int("batch", Batch(x)),
            Arg.Int("rows", x[-2]),
            Arg.Int("columns", x[-1]),
            Arg.Int("k", Diagonal(node)),
            Arg.Bool("upper", Upper(node)));
    }

    private static bool Upper(Node node) => node.Attributes.Int("upper", 1) != 0;

    // Beyond the matrix every diagonal is the same; clamped so that row + k cannot overflow.
    private static long Diagonal(Node node) =>
        node.InputOrNull(1) is null ? 0
        : node.RequireConstant(1, "k") is { Count: 1 } k ? Math.Clamp(k.GetInt64(0), -int.MaxValue, int.MaxValue)
        : throw new OperatorException(node, "k must be one number");

    private static long Batch(Shape shape) => new Shape(shape.Dims[..^2]).Count;
}
