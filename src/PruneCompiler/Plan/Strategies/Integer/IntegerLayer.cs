using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan.Strategies;

/// <summary>8-bit convolutions and matrix products through the runtime's integer kernels.</summary>
internal static class IntegerLayer
{
    /// <summary>Lowers an <see cref="IntegerProduct"/>.</summary>
    public static void Lower(Node node, Lowering lowering)
    {
        if (IntegerProduct.IsMatrix(node))
        {
            Matrix(node, lowering);
        }
        else if (IntegerGeometry.IsDepthwise(node))
        {
            Depthwise(node, lowering);
        }
        else
        {
            Convolution(node, lowering);
        }
    }

    private static void Matrix(Node node, Lowering lowering)
    {
        Tensor w = node.Input(1).Constant!;
        int outputs = w.Shape[0], inputs = w.Shape[1], rows = checked((int)(node.Input(0).Shape.Count / Math.Max(1, inputs)));
        Storage x = lowering.Read(node.Input(0));
        x = x.IsPlain ? x : lowering.ReadPlain(node, node.Input(0));
        x = inputs % 4 == 0 ? x : lowering.ReadPadded(node, x, x.Shape.Count + 4); // steps are of four bytes
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        ReadOnlySpan<short> values = w.As<short>();
        var filters = new List<IReadOnlyDictionary<int, int>>();
        for (int n = 0; n < outputs; n++)
        {
            var filter = new Dictionary<int, int>();
            for (int k = 0; k < inputs; k++)
            {
                AddTap(filter, k, values[(n * inputs) + k]);
            }

            filters.Add(filter);
        }

        Argument loops = Loops(1, 1, rows, outputs, [0, 0, inputs], [0, 0, outputs], 0);
        Product(node, lowering, filters, rows, loops, Arg.Pointer("x", x), y, $"{node.Input(0).Shape} -> {y.Shape}");
    }

    private static void Convolution(Node node, Lowering lowering)
    {
        SpatialWindow window = IntegerGeometry.Window(node);
        Storage x = lowering.ReadChannelLast(node, node.Input(0), IntegerGeometry.Border(node), (byte)node.Attributes.Int("x_zero"));
        ChannelLastLayout layout = x.ChannelLast!;
        (Storage y, Action finish) = Output(node, lowering);
        Shape shape = node.Outputs[0].Shape, w = node.Input(1).Shape;
        int group = (int)node.Attributes.Int("group", 1), height = window.Kernel[1], width = window.Kernel[2];
        ReadOnlySpan<short> values = node.Input(1).Constant!.As<short>();
        var filters = new List<IReadOnlyDictionary<int, int>>();
        int at = 0;
        for (int m = 0; m < w[0]; m++)
        {
            var filter = new Dictionary<int, int>();
            int first = m / (w[0] / group) * w[1];
            for (int c = 0; c < w[1]; c++)
            {
                for (int tap = 0; tap < height * width; tap++)
                {
                    AddTap(filter, checked((int)IntegerGeometry.Offset(window, layout, tap / width, tap % width)) + first + c, values[at++]);
                }
            }

            filters.Add(filter);
        }

        foreach (int offset in filters.SelectMany(f => f.Keys))
        {
            CheckBounds(node, layout, window, offset, 4);
        }

        int stored = Stored(y, w[0]);
        Argument loops = Loops(shape[0], window.Output[1], window.Output[2], stored, Steps(layout, window), Steps(y), BiasPixel(node));
        Product(node, lowering, filters, shape.Count / w[0], loops, Arg.Pointer("x", x), y, $"{node.Input(0).Shape} -> {shape}");
        finish();
    }

    private static void Depthwise(Node node, Lowering lowering)
    {
        SpatialWindow window = IntegerGeometry.Window(node);
        Storage x = lowering.ReadChannelLast(node, node.Input(0), IntegerGeometry.Border(node), (byte)node.Attributes.Int("x_zero"));
        ChannelLastLayout layout = x.ChannelLast!;
        (Storage y, Action finish) = Output(node, lowering);
        Shape shape = node.Outputs[0].Shape;
        int channels = shape[1], count = window.Kernel[1] * window.Kernel[2], rounded = (count + 3) / 4 * 4, stride = Rounded(channels);
        ReadOnlySpan<short> values = node.Input(1).Constant!.As<short>();
        var taps = new int[rounded];
        var weights = new sbyte[rounded * stride];
        for (int t = 0; t < rounded; t++)
        {
            int tap = Math.Min(t, count - 1);
            taps[t] = checked((int)IntegerGeometry.Offset(window, layout, tap / window.Kernel[2], tap % window.Kernel[2]));
            CheckBounds(node, layout, window, taps[t], Rounded(channels));
            for (int c = 0; t < count && c < channels; c++)
            {
                weights[(t * stride) + c] = (sbyte)values[(c * count) + t];
            }
        }

        int stored = Stored(y, channels);
        long macs = shape.Count * count;
        lowering.Layer(node, "integer depthwise", "8 bits; the taps of each channel in one instruction by fours", macs, weights.Length, (long)channels * count);
        lowering.Call(
            node,
            $"{node.Name}: depthwise {window.Kernel[1]}x{window.Kernel[2]} in 8 bits, {node.Input(0).Shape} -> {shape}.",
            "IntegerDepthwise.Run",
            Loops(shape[0], window.Output[1], window.Output[2], stored, Steps(layout, window), Steps(y), BiasPixel(node)),
            Arg.Pointer("x", x),
            Arg.Pointer("weights", ElementType.Int8, lowering.Pack<sbyte>(WeightsSection.Stream, weights)),
            Arg.Pointer("taps", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, taps)),
            Arg.Int("count", rounded),
            Arg.Int("stride", stride),
            Epilogue(node, lowering),
            Arg.Pointer("y", y));
        finish();
    }

    private static void Product(Node node, Lowering lowering, List<IReadOnlyDictionary<int, int>> filters, long pixels, Argument loops, Argument x, Storage y, string shapes)
    {
        IntegerSteps steps = IntegerPacker.Pack(filters);
        long dense = pixels * node.Input(1).Constant!.Count, kept = filters.Sum(f => f.Count), executed = 0;
        for (int b = 0; b < steps.Blocks.Length; b++)
        {
            executed += pixels * steps.Blocks[b] * 4 * Math.Min(IntegerPacker.Block, filters.Count - (b * IntegerPacker.Block));
        }

        long zeros = node.Input(1).Constant!.Count - kept;
        string share = (100.0 * zeros / Math.Max(1, node.Input(1).Constant!.Count)).ToString("0.#", System.Globalization.CultureInfo.InvariantCulture);
        lowering.Layer(node, "integer blocks", $"8 bits: {share} % zeros; four bytes that 16 channels do not read are left out", Math.Min(dense, executed), steps.Weights.Length, kept);
        string type = y.Type switch { ElementType.UInt8 => "byte", ElementType.Float32 => "float", _ => "int" };
        lowering.Call(
            node,
            $"{node.Name}: {LayerStatistics.Title(node)} in 8 bits, {shapes}.",
            $"IntegerConv.Run<{type}>",
            loops,
            x,
            Arg.Pointer("weights", ElementType.Int8, lowering.Pack<sbyte>(WeightsSection.Vectors, steps.Weights)),
            Arg.Pointer("taps", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, steps.Taps)),
            Arg.Pointer("blocks", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, steps.Blocks)),
            Epilogue(node, lowering),
            Arg.Pointer("y", y));
    }

    private static void AddTap(Dictionary<int, int> filter, int offset, int weight)
    {
        if (weight != 0)
        {
            filter.Add(offset, weight);
        }
    }

    // Bytes are written in their layout; floats and sums with the channels side by side too, and copied where they belong.
    private static (Storage Place, Action Finish) Output(Node node, Lowering lowering)
    {
        Value value = node.Outputs[0];
        Storage y = lowering.Write(value);
        if (y.ChannelLast is not null)
        {
            return (y, () => { });
        }

        ChannelLastLayout layout = ChannelLastPlanner.Plain(value.Shape);
        int channels = layout.Channels;
        BufferPlace buffer = lowering.ScratchElements(value.Name + " pixels", value.Type, value.Shape.Count);
        long row = (long)layout.Width * channels, image = layout.Height * row;
        var pixels = new Storage(value.Type, value.Shape, buffer, value.Shape.Rank == 4 ? [image, 1, row, channels] : [image, 1, channels]);
        return (pixels, () => lowering.Copy(node, $"{value.Name}: copied from pixels to planes.", pixels, y));
    }

    private static Argument Epilogue(Node node, Lowering lowering)
    {
        Tensor w = node.Input(1).Constant!;
        int filters = w.Shape[0], each = w.Count / filters, rounded = Rounded(filters), zero = (int)node.Attributes.Int("x_zero");
        ReadOnlySpan<short> values = w.As<short>();
        var sums = new int[rounded];
        for (int i = 0; i < values.Length; i++)
        {
            sums[i / each] += values[i];
        }

        Tensor? given = node.ConstantInput(2);
        int pixels = given is { Shape.Rank: > 1 } ? given.Count / filters : 1;
        var bias = new int[pixels * rounded];
        for (int p = 0; p < pixels; p++)
        {
            for (int m = 0; m < filters; m++)
            {
                bias[(p * rounded) + m] = (given is null ? 0 : given.As<int>()[(m * pixels) + p]) - (zero * sums[m]);
            }
        }

        var scale = new float[rounded];
        node.ConstantInput(3)?.As<float>().CopyTo(scale);
        int yZero = (int)node.Attributes.Int("y_zero");
        return Arg.Struct(
            "epilogue",
            "IntegerEpilogue",
            Arg.Pointer("bias", ElementType.Int32, lowering.Pack<int>(WeightsSection.Vectors, bias)),
            Arg.Pointer("shift", ElementType.Int32, lowering.Pack<int>(WeightsSection.Vectors, Array.ConvertAll(sums, s => 128 * s))),
            Arg.Pointer("scale", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, scale)),
            Arg.Float("low", node.Attributes.Int("low") - yZero),
            Arg.Float("high", node.Attributes.Int("high") - yZero),
            Arg.Int("zero", yZero));
    }

    private static Argument Loops(int images, int rows, int width, int channels, long[] input, long[] output, int biasPixel) => Arg.Struct(
        "loops",
        "IntegerLoops",
        Arg.Int("images", images),
        Arg.Int("rows", rows),
        Arg.Int("width", width),
        Arg.Int("channels", channels),
        Arg.Int("inputImage", input[0]),
        Arg.Int("inputRow", input[1]),
        Arg.Int("inputPixel", input[2]),
        Arg.Int("outputImage", output[0]),
        Arg.Int("outputRow", output[1]),
        Arg.Int("outputPixel", output[2]),
        Arg.Int("biasPixel", biasPixel));

    private static long[] Steps(ChannelLastLayout layout, SpatialWindow window) => [layout.Image, layout.Row * window.Strides[1], (long)layout.Pitch * window.Strides[2]];

    private static long[] Steps(Storage y) => y.Shape.Rank == 4 ? [y.Strides[0], y.Strides[2], y.Strides[3]] : [y.Strides[0], 0, y.Strides[2]];

    private static int BiasPixel(Node node) => node.ConstantInput(2) is { Shape.Rank: > 1 } ? Rounded(node.Input(1).Shape[0]) : 0;

    // All bytes of a pixel where that saves a block that is not whole.
    private static int Stored(Storage y, int channels) => y.ChannelLast?.Pitch ?? channels;

    private static int Rounded(int channels) => (channels + IntegerPacker.Block - 1) / IntegerPacker.Block * IntegerPacker.Block;

    // Every byte that a kernel reads for a tap lies in the input's buffer.
    private static void CheckBounds(Node node, ChannelLastLayout layout, SpatialWindow window, int offset, int bytes)
    {
        long last = layout.Origin + offset + ((layout.Images - 1) * layout.Image) + ((window.Output[1] - 1L) * window.Strides[1] * layout.Row) + ((window.Output[2] - 1L) * window.Strides[2] * layout.Pitch) + bytes;
        if (layout.Origin + offset < 0 || last > layout.Length)
        {
            throw new InvalidOperationException($"'{node.Name}': taps reach from {layout.Origin + offset} to {last} of {layout.Length} bytes");
        }
    }
}
