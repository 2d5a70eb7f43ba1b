using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>What Resize makes of its scales, sizes and roi.</summary>
/// <param name="Shape">The result's shape.</param>
/// <param name="Scales">Output over input, per axis.</param>
/// <param name="Starts">Start of the region of interest, per axis, as a part of the input.</param>
/// <param name="Ends">Its end.</param>
internal sealed record ResizeShape(Shape Shape, float[] Scales, float[] Starts, float[] Ends)
{
    /// <summary>Reads the inputs and attributes of a node.</summary>
    /// <exception cref="OperatorException">They are missing, contradict each other or are not constant.</exception>
    public static ResizeShape Of(Node node)
    {
        Shape x = node.Input(0).Shape;
        bool old = node.Operator.Name == "Upsample" || node.Opset < 11;
        int[] axes = node.Attributes.Ints("axes") is { } given ? Rules.Axes(node, given, x.Rank) : Enumerable.Range(0, x.Rank).ToArray();
        float[]? scales = node.Attributes.Floats("scales") ?? Floats(node, old ? 1 : 2, "scales");
        long[]? sizes = old || node.InputOrNull(3) is null || node.Input(3).Shape.Count == 0 ? null : node.RequireConstant(3, "sizes").ToInt64Array();
        if ((scales is null) == (sizes is null) || (scales?.Length ?? sizes!.Length) != axes.Length)
        {
            throw new OperatorException(node, $"needs either scales or sizes, one for each of {axes.Length} axes");
        }

        long[] dims = Array.ConvertAll(x.Dims.ToArray(), d => (long)d);
        float[] all = Enumerable.Repeat(1f, x.Rank).ToArray();
        if (scales is not null)
        {
            for (int i = 0; i < axes.Length; i++)
            {
                all[axes[i]] = scales[i] > 0 && float.IsFinite(scales[i]) ? scales[i] : throw new OperatorException(node, $"the scale {scales[i]} of axis {axes[i]} is not positive");
                dims[axes[i]] = (long)MathF.Floor(x[axes[i]] * scales[i]);
            }
        }
        else
        {
            Sizes(node, axes, sizes!, dims, all);
        }

        (float[] starts, float[] ends) = Region(node, axes, old);
        return new ResizeShape(Rules.Shape(node, dims), all, starts, ends);
    }

    private static void Sizes(Node node, int[] axes, long[] sizes, long[] dims, float[] scales)
    {
        Shape x = node.Input(0).Shape;
        string policy = node.Attributes.Text("keep_aspect_ratio_policy", "stretch");
        float[] each = axes.Select((axis, i) => (float)sizes[i] / x[axis]).ToArray();
        for (int i = 0; i < axes.Length; i++)
        {
            scales[axes[i]] = policy switch
            {
                "stretch" => each[i],
                "not_larger" => each.Min(),
                "not_smaller" => each.Max(),
                _ => throw new OperatorException(node, $"keep_aspect_ratio_policy '{policy}' is none of stretch, not_larger, not_smaller"),
            };
            dims[axes[i]] = policy == "stretch" ? sizes[i] : (long)MathF.Floor((scales[axes[i]] * x[axes[i]]) + 0.5f);
        }
    }

    private static (float[] Starts, float[] Ends) Region(Node node, int[] axes, bool old)
    {
        int rank = node.Input(0).Shape.Rank;
        float[] starts = new float[rank], ends = Enumerable.Repeat(1f, rank).ToArray();
        if (!old && node.Attributes.Text("coordinate_transformation_mode") == "tf_crop_and_resize")
        {
            float[] roi = Floats(node, 1, "roi") ?? throw new OperatorException(node, "roi is missing");
            if (roi.Length != axes.Length * 2)
            {
                throw new OperatorException(node, $"roi has {roi.Length} numbers for {axes.Length} axes");
            }

            for (int i = 0; i < axes.Length; i++)
            {
                starts[axes[i]] = roi[i];
                ends[axes[i]] = roi[i + axes.Length];
            }
        }

        return (starts, ends);
    }

    private static float[]? Floats(Node node, int input, string what)
    {
        if (node.InputOrNull(input) is not { } value || value.Shape.Count == 0)
        {
            return null;
        }

        Tensor tensor = node.RequireConstant(input, what);
        return Enumerable.Range(0, tensor.Count).Select(i => (float)tensor.GetDouble(i)).ToArray();
    }
}
