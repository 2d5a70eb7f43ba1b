using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Operators;

/// <summary>What Resize does with channels: the axes that keep their size pass.</summary>
internal static class ResizeChannels
{
    private const int SizesInput = 3;

    /// <summary>The axes that are resampled.</summary>
    public static int[] Mixed(Node node)
    {
        Shape x = node.Input(0).Shape, y = node.Outputs[0].Shape;
        Tensor? scales = Scales(node);
        bool all = scales is not null && scales.Count == x.Rank;
        return Enumerable.Range(0, x.Rank).Where(a => x[a] != y[a] || (scales is not null && (!all || scales.GetDouble(a) != 1))).ToArray();
    }

    /// <summary>Cropping and keeping the aspect ratio look at all axes together, and outside of a crop there are constants.</summary>
    public static bool Apply(Node node) =>
        node.Attributes.Text("coordinate_transformation_mode") != "tf_crop_and_resize" && node.Attributes.Text("keep_aspect_ratio_policy", "stretch") == "stretch";

    /// <summary>Inputs for fewer slices: sizes are listed for all axes.</summary>
    public static Value?[] Parameters(Node node, int[]?[] slices, Pruner pruner)
    {
        Value?[] inputs = [.. node.Inputs];
        if (node.ConstantInput(SizesInput) is { } sizes && sizes.Count == slices.Length && slices.Any(s => s is not null))
        {
            long[] fewer = sizes.ToInt64Array().Select((s, a) => slices[a]?.Length ?? s).ToArray();
            inputs[SizesInput] = pruner.Constant(node.Name + " sizes", Tensor.Vector<long>(fewer));
        }

        return inputs;
    }

    private static Tensor? Scales(Node node)
    {
        Tensor? scales = node.Operator.Name == "Upsample" || node.Opset < 11 ? node.ConstantInput(1) : node.ConstantInput(2);
        scales ??= node.Attributes.Floats("scales") is { } list ? Tensor.Vector<float>(list) : null;
        return scales is { Count: > 0 } ? scales : null;
    }
}
