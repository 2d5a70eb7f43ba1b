using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Analyze;

/// <summary>
/// What constant channels contribute to a convolution. Along an axis on which the constants do not vary only a few outputs differ:
/// those whose window leaves the image on one side or the other. So the convolution is evaluated on an image that is
/// just large enough to have one of each kind, and the result is spread out.
/// </summary>
internal static class BorderClasses
{
    private const long MaximumWork = 400_000_000;

    /// <summary>Evaluates a convolution, with its bias, on the known channels that are chosen; the others count as zero. Null when that would take too long.</summary>
    /// <returns>[1, M, ...], spatial axes of full size or, where nothing varies, 1.</returns>
    public static Tensor? Evaluate(Node node, FactTable facts, bool[] channels, Tensor? bias)
    {
        Value x = node.Input(0), y = node.Outputs[0];
        Tensor content = facts[x].Content ?? new Tensor(x.Type, new Shape(Grid.PadLeft([], x.Shape.Rank)));
        if (content.Shape[0] != 1)
        {
            return null;
        }

        SpatialWindow window = SpatialWindow.OfConvolution(node, x.Shape, node.Input(1).Shape);
        int[] dims = content.Shape.Dims.ToArray(), result = y.Shape.With(0, 1).Dims.ToArray();
        int[][] classes = new int[window.Rank][];
        dims[1] = x.Shape[1];
        for (int a = 0; a < window.Rank; a++)
        {
            classes[a] = dims[a + 2] == 1 ? Classes(window, a, out dims[a + 2]) : Grid.Range(window.Output[a]);
            result[a + 2] = classes[a].Max() + 1;
        }

        int group = (int)node.Attributes.Int("group", 1);
        int[] used = group > 1 ? Grid.Range(x.Shape[1]) : Grid.Range(x.Shape[1]).Where(c => channels[c]).ToArray();
        used = used.Length == 0 ? [0] : used;
        if ((long)Grid.Count(result) * used.Length / group * window.Taps > MaximumWork)
        {
            return null;
        }

        Tensor image = Image(content, dims, channels, used);
        Tensor weights = used.Length == x.Shape[1] ? node.ConstantInput(1)! : TensorSlices.Take(node.ConstantInput(1)!, 1, used);
        Attributes attributes = node.Attributes.Clone().Set("auto_pad", "NOTSET")
            .Set("pads", window.PadsBegin.Concat(Enumerable.Range(0, window.Rank).Select(a => PadEnd(window, a, dims[a + 2], result[a + 2]))).Select(p => (long)p).ToArray());
        if (Probe.Evaluate(node, [image, weights, bias], attributes) is not [{ } small])
        {
            return null;
        }

        for (int a = 0; a < window.Rank; a++)
        {
            small = TensorSlices.Take(small, a + 2, classes[a].Length == small.Shape[a + 2] || small.Shape[a + 2] == 1 ? null : classes[a]);
        }

        return TensorSlices.Compress(small);
    }

    /// <summary>Chosen channels of the content, zero elsewhere, of a given size.</summary>
    private static Tensor Image(Tensor content, int[] dims, bool[] channels, int[] used)
    {
        Tensor spread = TensorSlices.Expand(content, dims);
        var image = new Tensor(spread.Type, spread.Shape, (byte[])spread.Bytes.Clone());
        int plane = image.Bytes.Length / dims[1];
        for (int c = 0; c < dims[1]; c++)
        {
            if (!channels[c])
            {
                image.Bytes.AsSpan(c * plane, plane).Clear();
            }
        }

        return TensorSlices.Take(image, 1, used.Length == dims[1] ? null : used);
    }

    /// <summary>For each output of an axis, the output of a smaller image that sees the same; and that image's size.</summary>
    private static int[] Classes(SpatialWindow window, int axis, out int size)
    {
        int outputs = window.Output[axis], stride = window.Strides[axis], extent = ((window.Kernel[axis] - 1) * window.Dilations[axis]) + 1;
        int before = 0, after = 0;
        for (int o = 0; o < outputs; o++)
        {
            int first = (o * stride) - window.PadsBegin[axis];
            before += first < 0 ? 1 : 0;
            after += first >= 0 && first + extent > window.Input[axis] ? 1 : 0;
        }

        int inside = outputs - before - after;
        if (inside <= 1)
        {
            size = window.Input[axis];
            return Grid.Range(outputs);
        }

        // All windows inside see the same; the image loses what they advance, and the windows behind move up by as much.
        size = window.Input[axis] - ((inside - 1) * stride);
        if (size < extent - window.PadsBegin[axis])
        {
            size = window.Input[axis];
            return Grid.Range(outputs);
        }

        return Enumerable.Range(0, outputs).Select(o => o < before ? o : o < before + inside ? before : o - inside + 1).ToArray();
    }

    /// <summary>The padding behind an image that gives exactly this many outputs.</summary>
    private static int PadEnd(SpatialWindow window, int axis, int size, int outputs)
    {
        int extent = ((window.Kernel[axis] - 1) * window.Dilations[axis]) + 1;
        return Math.Max(0, ((outputs - 1) * window.Strides[axis]) + extent - window.PadsBegin[axis] - size);
    }
}
