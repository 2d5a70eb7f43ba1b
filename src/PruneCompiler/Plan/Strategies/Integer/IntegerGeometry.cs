using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Where the windows of an 8-bit convolution lie.</summary>
internal static class IntegerGeometry
{
    /// <summary>The window in three dimensions; the first one is of size 1.</summary>
    public static SpatialWindow Window(Node node) => SpatialWindow.OfConvolution(node, node.Input(0).Shape, node.Input(1).Shape).InThreeDimensions();

    /// <summary>The pixels around the input that windows reach.</summary>
    public static PixelBorder Border(Node node)
    {
        SpatialWindow w = Window(node);
        int Behind(int axis) => Math.Max(0, ((w.Output[axis] - 1) * w.Strides[axis]) + ((w.Kernel[axis] - 1) * w.Dilations[axis]) - w.PadsBegin[axis] - (w.Input[axis] - 1));
        return new PixelBorder(w.PadsBegin[1], Behind(1), w.PadsBegin[2], Behind(2));
    }

    /// <summary>Bytes from an output pixel's place in the input to a tap.</summary>
    public static long Offset(SpatialWindow w, ChannelLastLayout layout, int ky, int kx) =>
        (((ky * w.Dilations[1]) - w.PadsBegin[1]) * layout.Row) + (((kx * w.Dilations[2]) - w.PadsBegin[2]) * (long)layout.Pitch);

    /// <summary>True for the layers of the depthwise kernel: one input channel for each output channel, weights of one byte, not many taps.</summary>
    public static bool IsDepthwise(Node node)
    {
        Shape w = node.Input(1).Shape;
        return !IntegerProduct.IsMatrix(node) && w[1] == 1 && w[0] == node.Input(0).Shape[1] && w[0] > 1 && node.Outputs[0].Type == ElementType.UInt8
            && w.Count / w[0] <= Runtime.IntegerDepthwise.MostTaps && node.Input(1).Constant!.ToInt64Array().All(v => v is >= sbyte.MinValue and <= sbyte.MaxValue);
    }
}
