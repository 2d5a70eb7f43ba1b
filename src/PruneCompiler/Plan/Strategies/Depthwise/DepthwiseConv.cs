using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Schedule;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Depthwise convolutions 3 x 3, stride 1 or 2, on padded panels: the runtime's Depthwise kernel. Others run as sparse rows.</summary>
internal static class DepthwiseConv
{
    private const int Taps = 9;

    // A walk of (offset, weight) pairs pays only where most taps are zero: it loads a vector for each.
    private const double MostZeros = 0.5;

    // With 16 lanes: some 30 G a second at 3.5 GHz.
    private const double MultiplyAddsPerCycle = 8;

    /// <summary>True when the kernel serves the node.</summary>
    public static bool Applies(Node node)
    {
        if (!PanelConv.Applies(node) || node.Input(0).Shape.Rank != 4 || node.InputOrNull(Conv.ResidualInput) is not null || node.ConstantInput(2) is { Shape.Rank: > 1 }
            || Epilogue.Of(node).Slope != 1)
        {
            return false;
        }

        SpatialWindow window = ConvGeometry.Of(node).Window;
        int channels = node.Input(0).Shape[1];
        return channels > 1 && node.Attributes.Int("group", 1) == channels && node.Outputs[0].Shape[1] == channels
            && window.Kernel is [1, 3, 3] && window.Dilations is [1, 1, 1] && window.Strides is [1, 1, 1] or [1, 2, 2] && window.PadsBegin[0] == 0
            && Zeros(node) <= MostZeros;
    }

    /// <summary>The zeros that the kernel reads around the input of a layer with stride 2, which it reads as it lies.</summary>
    public static PanelBorder Border(ConvGeometry geometry)
    {
        SpatialWindow w = geometry.Window;
        int Behind(int axis) => Math.Max(0, ((w.Output[axis] - 1) * w.Strides[axis]) + w.Kernel[axis] - 1 - w.PadsBegin[axis] - (w.Input[axis] - 1));
        return new PanelBorder(0, 0, w.PadsBegin[1], Behind(1), Math.Max(w.PadsBegin[2], Behind(2)));
    }

    /// <summary>Lowers the node.</summary>
    public static void Lower(Node node, Lowering lowering)
    {
        ConvGeometry geometry = ConvGeometry.Of(node);
        SpatialWindow window = geometry.Window;
        Storage y = lowering.WritePanel(node.Outputs[0]);
        Storage x = lowering.ReadPanel(node, node.Input(0), geometry.IsSplit ? Border(geometry) : geometry.Border);
        PanelLayout input = x.Panel!, output = y.Panel!;
        int stride = window.Strides[1], rounded = PanelLayout.RoundUp(output.Width);
        bool flattened = output.Flat && stride == 1 && output.StoredWidth < rounded * output.Height;
        if (flattened && (!input.Flat || input.RowLength != output.RowLength))
        {
            throw new InvalidOperationException($"'{node.Name}': input and output panels do not fit");
        }

        int rows = flattened ? 1 : output.Height, width = flattened ? output.ComputedWidth : output.Width;
        bool tight = output.Flat && !flattened;
        int stored = tight ? output.RowLength : output.StoredWidth, tail = tight ? output.StoredWidth - (rows * output.RowLength) : 0;
        long first = -(window.PadsBegin[1] * input.RowStride) - window.PadsBegin[2];
        CheckBounds(node, input, first, (((rows - 1) * stride) + 2) * input.RowStride, PanelLayout.RoundUp(width) * stride);
        Epilogue epilogue = Epilogue.Of(node);
        float[] weights = node.Input(1).Constant!.As<float>().ToArray();
        float[] bias = node.ConstantInput(2)?.As<float>().ToArray() ?? [];
        lowering.Layer(node, "depthwise", "nine taps of a channel in registers", Taps * y.Shape.Count, weights.LongLength * sizeof(float), weights.LongLength);

        bool byRow = !output.Flat && output.Images == 1;
        long rowStep = byRow ? 1 : 0, channelStep = 1 - rowStep;
        lowering.Call(
            node,
            $"{node.Name}: {LayerStatistics.Title(node)}, {node.Input(0).Shape} -> {y.Shape}, depthwise.",
            "Depthwise.Run",
            Arg.Struct(
                "loops",
                "DepthwiseLoops",
                Arg.Int("images", output.Images),
                byRow ? Arg.Int("channels", output.Channels) : Arg.Count("channels", output.Channels),
                byRow ? Arg.Count("rows", rows) : Arg.Int("rows", rows),
                Arg.Int("width", width),
                Arg.Int("storedWidth", stored),
                Arg.Int("tail", tail),
                Arg.Int("stride", stride),
                Arg.Bool("channelsFirst", output.Flat),
                Arg.Int("inputImage", input.ImageStride),
                Arg.Int("inputRow", input.RowStride),
                Arg.Int("inputChannel", input.ChannelStride),
                Arg.Int("outputImage", output.ImageStride),
                Arg.Int("outputRow", output.RowStride),
                Arg.Int("outputChannel", output.ChannelStride)),
            Arg.Moving("input", ElementType.Float32, ((BufferPlace)x.Place) with { Offset = input.Origin + first }, (rowStep * stride * input.RowStride) + (channelStep * input.ChannelStride)),
            Arg.Moving("output", y, (rowStep * output.RowStride) + (channelStep * output.ChannelStride)),
            Arg.Moving("weights", ElementType.Float32, lowering.Pack<float>(WeightsSection.Stream, weights), channelStep * Taps),
            bias.Length > 0 ? Arg.Moving("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Stream, bias), channelStep) : Arg.Code("bias", "null"),
            Mask(output, width, flattened) is { } mask ? Arg.Pointer("mask", ElementType.Float32, lowering.Pack<uint>(WeightsSection.Vectors, mask)) : Arg.Code("mask", "null"),
            Arg.Float("low", epilogue.Low),
            Arg.Float("high", epilogue.High));
        double cycles = Taps * y.Shape.Count / MultiplyAddsPerCycle;
        if (byRow)
        {
            lowering.DivideRows(rows, cycles, new RowStep(y, new RowRead(x, new RowReach(stride, window.PadsBegin[1] + 1, 2 - window.PadsBegin[1]))));
        }
        else if (((rows - 1) * output.RowStride) + PanelLayout.RoundUp(width) <= output.ChannelStride)
        {
            // The last row of a channel does not write into the next channel.
            lowering.Divide("channel", output.Channels, cycles);
        }
    }

    private static double Zeros(Node node)
    {
        ReadOnlySpan<float> weights = node.Input(1).Constant!.As<float>();
        return weights.Count(0f) / (double)weights.Length;
    }

    // All ones for a pixel, zero for a junk column or what rounding up adds.
    private static uint[]? Mask(PanelLayout output, int width, bool flattened)
    {
        var mask = new uint[PanelLayout.RoundUp(width)];
        for (int i = 0; i < width; i++)
        {
            mask[i] = !flattened || i % output.RowLength < output.Width ? uint.MaxValue : 0;
        }

        return mask.Contains(0u) ? mask : null;
    }

    // Every vector that the kernel reads lies in the input's buffer: the last one begins where the rounded width ends, in the row of the last tap.
    private static void CheckBounds(Node node, PanelLayout input, long first, long lastRow, int columns)
    {
        long last = input.Origin + first + ((input.Images - 1) * input.ImageStride) + ((input.Channels - 1) * input.ChannelStride) + lastRow + columns + 16;
        if (input.Origin + first < 0 || last > input.Length)
        {
            throw new InvalidOperationException($"'{node.Name}': taps reach from {input.Origin + first} to {last} of {input.Length} elements");
        }
    }
}
