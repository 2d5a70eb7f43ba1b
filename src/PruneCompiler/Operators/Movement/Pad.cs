using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Prune;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Adds elements around a value, or takes them away where a pad is negative (ONNX Pad, opsets 2 to 25).</summary>
/// <remarks>
/// Modes constant, edge, reflect (the border element is not repeated) and wrap (from opset 19). Attributes to opset 10; then constant inputs
/// pads and (18) axes, and the input constant_value, which may be computed.
/// </remarks>
public sealed class Pad : CopyOperator
{
    private static readonly SelectRule Rule = new((n, _) => Selected(n)) { Fill = Value, Partly = Partly };

    /// <inheritdoc/>
    public override string Name => "Pad";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <summary>Elements added before and after each axis.</summary>
    public static (int[] Before, int[] After) Amounts(Node node)
    {
        int rank = node.Input(0).Shape.Rank;
        long[] pads = Rules.Ints(node, "pads", 1) ?? node.Attributes.Ints("paddings") ?? throw new OperatorException(node, "pads are missing");
        int[] axes = node.InputOrNull(3) is null ? Enumerable.Range(0, rank).ToArray() : Rules.Axes(node, node.RequireConstant(3, "axes").ToInt64Array(), rank);
        if (pads.Length != axes.Length * 2 || pads.Any(p => p is < int.MinValue or > int.MaxValue))
        {
            throw new OperatorException(node, $"pads [{string.Join(", ", pads)}] do not fit {axes.Length} axes");
        }

        int[] before = new int[rank], after = new int[rank];
        for (int i = 0; i < axes.Length; i++)
        {
            before[axes[i]] = (int)pads[i];
            after[axes[i]] = (int)pads[i + axes.Length];
        }

        return (before, after);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape input = node.Input(0).Shape;
        (int[] before, int[] after) = Amounts(node);
        string mode = Mode(node);
        if (mode is not ("constant" or "edge" or "reflect" or "wrap"))
        {
            throw new OperatorException(node, $"mode '{mode}' is none of constant, edge, reflect, wrap");
        }

        for (int i = 0; i < input.Rank; i++)
        {
            if (mode != "constant" && (before[i] > 0 || after[i] > 0) && (long)input[i] + Math.Min(0, before[i]) + Math.Min(0, after[i]) < 1)
            {
                throw new OperatorException(node, $"axis {i} of {input} has no element to pad with in mode {mode}");
            }
        }

        if (node.InputOrNull(2) is { } fill && (fill.Type != node.Input(0).Type || fill.Shape.Count != 1))
        {
            throw new OperatorException(node, $"constant_value is {fill.TensorType} where one {node.Input(0).Type.Text()} is needed");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, input.Dims.ToArray().Select((d, i) => d + (long)before[i] + after[i]).ToArray()))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        if (Mode(node) == "constant")
        {
            return base.Evaluate(node, inputs);
        }

        var y = new Tensor(inputs[0]!.Type, node.Outputs[0].Shape);
        fixed (byte* from = inputs[0]!.Bytes, to = y.Bytes)
        {
            PadBorder.Run(from, to, y.Type.Size(), inputs[0]!.Shape.Dims, y.Shape.Dims, Amounts(node).Before, Enum.Parse<BorderMode>(Mode(node), ignoreCase: true));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        string mode = Mode(node);
        if (mode == "constant")
        {
            base.Lower(node, lowering);
            return;
        }

        Value x = node.Input(0), y = node.Outputs[0];
        lowering.Call(
            node,
            $"{node.Name}: Pad {x.Shape} -> {y.Shape}, mode {mode}.",
            "PadBorder.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, x)),
            Arg.Pointer("output", lowering.WritePlain(node, y)),
            Arg.Int("size", x.Type.Size()),
            Arg.Ints("inputShape", x.Shape.Dims.ToArray()),
            Arg.Ints("outputShape", y.Shape.Dims.ToArray()),
            Arg.Ints("before", Amounts(node).Before),
            Arg.Code("mode", "BorderMode." + Enum.Parse<BorderMode>(mode, ignoreCase: true)));
    }

    /// <inheritdoc/>
    protected override IEnumerable<Piece> Pieces(Node node, Func<int, View> look, View output)
    {
        (int[] before, int[] after) = Amounts(node);
        View whole = output, from = look(0);
        if (before.Any(p => p > 0) || after.Any(p => p > 0))
        {
            // One fill of everything and one copy: the border's pieces are small and many, the copy is needed anyway.
            View one = View.Of(Shape.Scalar).Broadcast(whole.Shape);
            yield return node.InputOrNull(2) is { } fill
                ? new Piece(2, look(2).Reshape(Shape.Scalar)!.Broadcast(whole.Shape), whole, "filled with the padding value")
                : new Piece(-1, one, whole, "filled with the padding value", Tensors.Of(node.Input(0).Type, node.Attributes.Float("value")));
        }

        for (int i = 0; i < before.Length; i++)
        {
            int skip = Math.Max(0, -before[i]), kept = Math.Max(0, from.Shape[i] - skip - Math.Max(0, -after[i]));
            from = from.Slice(i, skip, 1, kept);
            output = output.Slice(i, Math.Max(0, before[i]), 1, kept);
        }

        yield return new Piece(0, from, output, "the input goes inside");
    }

    private static string Mode(Node node) => node.Attributes.Text("mode", "constant");

    /// <summary>The input slice of each output slice, per axis; -1 for padding.</summary>
    private static int[]?[]? Selected(Node node)
    {
        (int[] before, int[] after) = Amounts(node);
        string mode = Mode(node);
        if ((node.InputOrNull(2) is { Constant: null } && mode == "constant") || (mode != "constant" && before.Concat(after).Any(p => p < 0)))
        {
            return null;
        }

        return before.Select((b, a) => b == 0 && after[a] == 0 ? null : Axis(node.Input(0).Shape[a], b, after[a], mode)).ToArray();
    }

    private static int[] Axis(int size, int before, int after, string mode) => Enumerable.Range(-before, size + before + after).Select(i => mode switch
    {
        _ when i >= 0 && i < size => i,
        "edge" => Math.Clamp(i, 0, size - 1),
        "reflect" when size > 1 => Mirror(((i % (2 * (size - 1))) + (2 * (size - 1))) % (2 * (size - 1)), size),
        "reflect" => 0,
        "wrap" => ((i % size) + size) % size,
        _ => -1,
    }).ToArray();

    private static int Mirror(int i, int size) => i < size ? i : (2 * (size - 1)) - i;

    private static Tensor? Value(Node node) => node.ConstantInput(2)
        ?? (node.Attributes.Has("value") ? Tensors.Of(node.Input(0).Type, node.Attributes.Float("value")) : null);

    /// <summary>The same with padding on some axes only.</summary>
    private static (Value?[] Inputs, Attributes Attributes) Partly(Node node, bool[] axes, Pruner pruner)
    {
        (int[] before, int[] after) = Amounts(node);
        long[] pads = before.Select((b, a) => axes[a] ? (long)b : 0).Concat(after.Select((p, a) => axes[a] ? (long)p : 0)).ToArray();
        return node.InputOrNull(1) is null
            ? ([node.Input(0)], node.Attributes.Clone().Set(node.Attributes.Has("pads") ? "pads" : "paddings", pads))
            : ([node.Input(0), pruner.Constant(node.Name + " pads", Tensor.Vector<long>(pads)), node.InputOrNull(2)], node.Attributes);
    }
}
