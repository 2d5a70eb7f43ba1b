using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Boxes by falling score without those that overlap a better one: rows of batch element, class, box (ONNX NonMaxSuppression, opsets 10 and 11).</summary>
/// <remarks>
/// boxes [N, B, 4], scores [N, C, B]. The number of rows is known at run time; at most N * C * min(max_output_boxes_per_class, B), where a computed maximum counts as B.
/// </remarks>
public sealed class NonMaxSuppression : Operator, IDataDependent
{
    /// <inheritdoc/>
    public override string Name => "NonMaxSuppression";

    /// <inheritdoc/>
    public int DefinedOutputs => 1;

    /// <inheritdoc/>
    public int DynamicAxis(Node node, int output) => IsKnown(node) ? -1 : 0;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape boxes = node.Input(0).Shape, scores = node.Input(1).Shape;
        if (boxes.Rank != 3 || scores.Rank != 3 || boxes[2] != 4 || boxes[0] != scores[0] || boxes[1] != scores[2] || node.Input(0).Type != ElementType.Float32 || node.Input(1).Type != ElementType.Float32)
        {
            throw new OperatorException(node, $"boxes {node.Input(0).TensorType} and scores {node.Input(1).TensorType} do not belong together");
        }

        if (node.InputOrNull(2) is { } limit && (limit.Type != ElementType.Int64 || limit.Shape.Count != 1))
        {
            throw new OperatorException(node, $"max_output_boxes_per_class is {limit.TensorType}, not one int64");
        }

        for (int i = 3; i < 5; i++)
        {
            if (node.InputOrNull(i) is { } number && (number.Type != ElementType.Float32 || number.Shape.Count != 1))
            {
                throw new OperatorException(node, $"'{number.Name}' is {number.TensorType}, not one float32");
            }
        }

        long rows = IsKnown(node) ? Select(node, node.Inputs.Select(i => i?.Constant).ToArray()).Count : Most(node);
        return [new TensorType(ElementType.Int64, Rules.Shape(node, rows, 3)), new TensorType(ElementType.Int64, Shape.Scalar)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        (Tensor rows, int count) = Select(node, inputs);
        return [IsKnown(node) ? DynamicSizes.Trim(rows, 0, count) : rows, Tensor.Scalar((long)count)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape boxes = node.Input(0).Shape, scores = node.Input(1).Shape;
        Emit.Argument Optional(int input, string name) =>
            node.InputOrNull(input) is { } value ? Arg.Pointer(name, lowering.ReadPlain(node, value)) : Arg.Code(name, "null");

        lowering.Call(
            node,
            $"{node.Name}: NonMaxSuppression of {boxes[1]} boxes in {scores[1]} classes; the number of rows is known only now.",
            "BoxSelection.Run",
            Arg.Pointer("boxes", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("scores", lowering.ReadPlain(node, node.Input(1))),
            Optional(2, "limit"),
            Optional(3, "overlap"),
            Optional(4, "threshold"),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("found", lowering.WritePlain(node, node.Outputs[^1])),
            Arg.Pointer("order", ElementType.Int64, lowering.ScratchElements(node.Name + " order", ElementType.Int64, Math.Max(1, boxes[1]))),
            Arg.Int("batch", boxes[0]),
            Arg.Int("classes", scores[1]),
            Arg.Int("count", boxes[1]),
            Arg.Int("room", Most(node)),
            Arg.Bool("centers", Centers(node)));
    }

    private static bool IsKnown(Node node) => node.Inputs.All(i => i is null || i.Constant is not null);

    private static bool Centers(Node node) => node.Attributes.Int("center_point_box") != 0;

    private static long Most(Node node)
    {
        Shape scores = node.Input(1).Shape;
        long limit = node.InputOrNull(2) is null ? 0 : node.ConstantInput(2)?.GetInt64(0) ?? long.MaxValue;
        return (long)scores[0] * scores[1] * Math.Clamp(limit, 0, scores[2]);
    }

    private static unsafe (Tensor Rows, int Count) Select(Node node, Tensor?[] inputs)
    {
        Shape boxes = node.Input(0).Shape, scores = node.Input(1).Shape;
        var rows = new Tensor(ElementType.Int64, Rules.Shape(node, Most(node), 3));
        byte[]? Bytes(int i) => i < inputs.Length ? inputs[i]?.Bytes : null;
        long found;
        fixed (byte* box = inputs[0]!.Bytes, score = inputs[1]!.Bytes, limit = Bytes(2), overlap = Bytes(3), threshold = Bytes(4), output = rows.Bytes)
        fixed (long* order = new long[Math.Max(1, boxes[1])])
        {
            BoxSelection.Run((float*)box, (float*)score, (long*)limit, (float*)overlap, (float*)threshold, (long*)output, &found, order, boxes[0], scores[1], boxes[1], Most(node), Centers(node));
        }

        return (rows, (int)found);
    }
}
