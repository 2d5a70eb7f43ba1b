using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Every step-th element from start to end (exclusive) of some axes (ONNX Slice, opsets 1 to 13).</summary>
/// <remarks>Opset 10 moved starts, ends and axes from attributes to inputs and added steps, which may be negative. All must be constant.</remarks>
public sealed class Slice : ViewOperator
{
    private static readonly SelectRule Rule = new((n, _) => Selected(n));

    /// <inheritdoc/>
    public override string Name => "Slice";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(node.Input(0).Type, Look(node, 0, View.Of(node.Input(0).Shape)).Shape)];

    /// <summary>Start, step and count for each sliced axis.</summary>
    public static IReadOnlyList<(int Axis, long Start, long Step, int Count)> Ranges(Node node)
    {
        Shape input = node.Input(0).Shape;
        long[] starts = Rules.Ints(node, "starts", 1) ?? throw new OperatorException(node, "starts are missing");
        long[] ends = Rules.Ints(node, "ends", 2) ?? throw new OperatorException(node, "ends are missing");
        int[] axes = Rules.Axes(node, Rules.Ints(node, "axes", 3) ?? Enumerable.Range(0, starts.Length).Select(i => (long)i).ToArray(), input.Rank);
        long[]? steps = node.InputOrNull(4) is null ? null : node.RequireConstant(4, "steps").ToInt64Array();
        if (ends.Length != starts.Length || axes.Length != starts.Length || (steps?.Length ?? starts.Length) != starts.Length)
        {
            throw new OperatorException(node, $"{starts.Length} starts, {ends.Length} ends, {axes.Length} axes and {steps?.Length ?? starts.Length} steps do not belong together");
        }

        return Enumerable.Range(0, axes.Length).Select(i => Range(node, axes[i], input[axes[i]], starts[i], ends[i], steps?[i] ?? 1)).ToArray();
    }

    /// <inheritdoc/>
    protected override View Look(Node node, int output, View input)
    {
        foreach ((int axis, long start, long step, int count) in Ranges(node))
        {
            input = input.Slice(axis, start, step, count);
        }

        return input;
    }

    private static (int Axis, long Start, long Step, int Count) Range(Node node, int axis, int size, long start, long end, long step)
    {
        if (step == 0)
        {
            throw new OperatorException(node, $"the step of axis {axis} is 0");
        }

        // Numpy's rules: counted from the end when negative, then clamped into the axis.
        start = start < 0 ? Math.Max(start + size, step < 0 ? -1 : 0) : Math.Min(start, step < 0 ? size - 1 : size);
        end = end < 0 ? Math.Max(end + size, -1) : Math.Min(end, size);
        if (step > 0)
        {
            end = Math.Max(end, 0);
        }

        Int128 span = step > 0 ? (Int128)end - start : (Int128)start - end, width = step > 0 ? step : -(Int128)step;
        int count = span <= 0 ? 0 : (int)((span + width - 1) / width);
        return (axis, start, count <= 1 ? 1 : step, count); // the step of a single element does not matter, and may be huge
    }

    private static int[]?[] Selected(Node node)
    {
        var maps = new int[]?[node.Input(0).Shape.Rank];
        foreach ((int axis, long start, long step, int count) in Ranges(node))
        {
            maps[axis] = start == 0 && step == 1 && count == node.Input(0).Shape[axis] ? null
                : Enumerable.Range(0, count).Select(i => (int)(start + (i * step))).ToArray();
        }

        return maps;
    }
}
