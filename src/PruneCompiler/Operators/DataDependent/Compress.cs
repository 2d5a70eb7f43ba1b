using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Keeps the slices of an axis, or of all elements in a row, for which a list of bools holds (ONNX Compress, opsets 9 and 11).</summary>
/// <remarks>A computed condition makes the size dynamic; a condition shorter than the axis leaves the rest out.</remarks>
public sealed class Compress : Operator, IDataDependent
{
    /// <inheritdoc/>
    public override string Name => "Compress";

    /// <inheritdoc/>
    public int DefinedOutputs => 1;

    /// <inheritdoc/>
    public int DynamicAxis(Node node, int output) => node.ConstantInput(1) is null ? Axis(node) ?? 0 : -1;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        Value condition = node.Input(1);
        if (condition.Type != ElementType.Bool || condition.Shape.Rank != 1)
        {
            throw new OperatorException(node, $"the condition is {condition.TensorType}, not a list of bools");
        }

        int length = Length(node), most = condition.Constant is { } known ? Used(known, length).Count(b => b != 0) : Math.Min(length, condition.Shape[0]);
        Shape result = Axis(node) is { } axis ? x.With(axis, most) : new Shape(most);
        return [new TensorType(node.Input(0).Type, result), new TensorType(ElementType.Int64, Shape.Scalar)];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor y = new(node.Input(0).Type, node.Outputs[0].Shape);
        (long outer, long block, long room) = Divide(node);
        long count;
        fixed (byte* from = inputs[0]!.Bytes, condition = inputs[1]!.Bytes, to = y.Bytes)
        {
            Selecting.Compress(from, (bool*)condition, to, &count, outer, Length(node), Math.Min(Length(node), inputs[1]!.Count), block, room);
        }

        return [y, Tensor.Scalar(count)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        (long outer, long block, long room) = Divide(node);
        lowering.Call(
            node,
            $"{node.Name}: Compress {node.Input(0).Shape}, at most {room} slices.",
            "Selecting.Compress",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("condition", lowering.ReadPlain(node, node.Input(1))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("count", lowering.WritePlain(node, node.Outputs[^1])),
            Arg.Int("outer", outer),
            Arg.Int("length", Length(node)),
            Arg.Int("conditions", Math.Min(Length(node), node.Input(1).Shape[0])),
            Arg.Int("blockBytes", block),
            Arg.Int("room", room));
    }

    private static int? Axis(Node node) => node.Attributes.Has("axis") ? Rules.Axis(node, node.Attributes.Int("axis"), node.Input(0).Shape.Rank) : null;

    private static int Length(Node node) => Axis(node) is { } axis ? node.Input(0).Shape[axis] : checked((int)node.Input(0).Shape.Count);

    private static byte[] Used(Tensor condition, int length) => condition.Bytes[..Math.Min(length, condition.Bytes.Length)];

    private static (long Outer, long BlockBytes, long Room) Divide(Node node)
    {
        Shape x = node.Input(0).Shape, y = node.Outputs[0].Shape;
        int size = node.Input(0).Type.Size();
        return Axis(node) is { } axis
            ? (new Shape(x.Dims[..axis]).Count, new Shape(x.Dims[(axis + 1)..]).Count * size, y[axis])
            : (1, size, y[0]);
    }
}
