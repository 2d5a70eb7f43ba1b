using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Strategies.IntegerSparse;

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
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        ReadOnlySpan<short> values = w.As<short>();
        var filters = new List<IReadOnlyDictionary<int, int>>();
        var taps = new List<IReadOnlyList<IntegerTap>>();
        for (int n = 0; n < outputs; n++)
        {
            var filter = new Dictionary<int, int>();
            for (int k = 0; k < inputs; k++)
            {
                AddTap(filter, k, values[(n * inputs) + k]);
            }

            filters.Add(filter);
            taps.Add([.. filter.Select(t => new IntegerTap(t.Key, 0, 0, t.Value))]);
        }

        Argument loops = Loops(1, 1, rows, outputs, [0, 0, inputs], [0, 0, outputs], 0);
        var sparse = new IntegerTaps(1, 1, rows, inputs, (1, 1), (1, 1), (0, 0), 0, inputs, taps);
        Product(node, lowering, filters, sparse, rows, loops, Readable, y, $"{node.Input(0).Shape} -> {y.Shape}");

        // Steps read some bytes at a time, in the last row too.
        Storage Readable(int bytes) => inputs % bytes == 0 ? x : lowering.ReadPadded(node, x, x.Shape.Count + bytes);
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
        var taps = new List<IReadOnlyList<IntegerTap>>();
        int at = 0;
        for (int m = 0; m < w[0]; m++)
        {
            var filter = new Dictionary<int, int>();
            var kept = new List<IntegerTap>();
            int first = m / (w[0] / group) * w[1];
            for (int c = 0; c < w[1]; c++)
            {
                for (int tap = 0; tap < height * width; tap++)
                {
                    int weight = values[at++];
                    AddTap(filter, checked((int)IntegerGeometry.Offset(window, layout, tap / width, tap % width)) + first + c, weight);
                    if (weight != 0)
                    {
                        kept.Add(new IntegerTap(first + c, tap / width, tap % width, weight));
                    }
                }
            }

            filters.Add(filter);
            taps.Add(kept);
        }

        foreach (int offset in filters.SelectMany(f => f.Keys))
        {
            CheckBounds(node, layout, window, offset, 4);
        }

        int stored = Stored(y, w[0]), images = shape[0], rows = window.Output[1], pixels = window.Output[2];
        long[] from = Steps(layout, window), to = Steps(y);
        if (height * width == 1 && (window.Strides[1], window.Strides[2]) == (1, 1) && Follow(from, rows, pixels) && Follow(to, rows, pixels) && BiasPixel(node) == 0)
        {
            (images, rows, pixels) = (1, 1, images * rows * pixels); // one run of pixels
        }

        var sparse = new IntegerTaps(images, rows, pixels, layout.Channels, (window.Strides[1], window.Strides[2]), (window.Dilations[1], window.Dilations[2]), (window.PadsBegin[1], window.PadsBegin[2]), layout.Row, layout.Pitch, taps);
        Argument loops = Loops(images, rows, pixels, stored, from, to, BiasPixel(node));
        Product(node, lowering, filters, BiasPixel(node) == 0 ? sparse : null, shape.Count / w[0], loops, _ => x, y, $"{node.Input(0).Shape} -> {shape}");
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
        int stored = Stored(y, channels);
        long macs = shape.Count * count;
        if (IntegerColumnsLayer.Applies(window, layout, stored) && BiasPixel(node) == 0)
        {
            for (int tap = 0; tap < count; tap++)
            {
                CheckBounds(node, layout, window, checked((int)IntegerGeometry.Offset(window, layout, tap / 3, tap % 3)), RoundedTo(channels, Runtime.IntegerColumns.Group));
            }

            lowering.Layer(node, "integer columns", "8 bits; the rows of a column of all channels in one instruction", macs, IntegerColumnsLayer.Bytes(channels), (long)channels * count);
            lowering.Call(
                node,
                $"{node.Name}: depthwise {window.Kernel[1]}x{window.Kernel[2]} in 8 bits, {node.Input(0).Shape} -> {shape}.",
                "IntegerColumns.Run",
                [
                    Loops(shape[0], window.Output[1], window.Output[2], stored, Steps(layout, window), Steps(y), 0),
                    Arg.Pointer("x", x),
                    .. IntegerColumnsLayer.Arguments(node, lowering, window, layout),
                    Epilogue(node, lowering, Runtime.IntegerColumns.Group, Runtime.IntegerColumns.Order),
                    Arg.Pointer("y", y),
                ]);
            finish();
            return;
        }

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

    private static void Product(
        Node node,
        Lowering lowering,
        List<IReadOnlyDictionary<int, int>> filters,
        IntegerTaps? taps,
        long pixels,
        Argument loops,
        Func<int, Storage> x,
        Storage y,
        string shapes)
    {
        CostTarget target = lowering.Options.Target;
        IntegerSteps steps = IntegerPacker.Pack(filters);
        long weights = node.Input(1).Constant!.Count, kept = filters.Sum(f => f.Count);
        string type = y.Type switch { ElementType.UInt8 => "byte", ElementType.Float32 => "float", _ => "int" };
        var candidates = new List<Candidate<Action>>();
        string strategy = "", why = "";
        candidates.Add(new("integer blocks", BlockCycles(steps, pixels, target), IsDense: true, () => Blocks));
        if (taps is not null && kept > 0)
        {
            PlaneTile tile = PlaneTile.Choose(taps, target);
            candidates.Add(new(IntegerSparseStrategy.Name, tile.Cycles, IsDense: false, () => () => Rows(tile)));
        }

        (Candidate<Action> best, why) = Choice.Pick(candidates, 1 - (kept / (double)Math.Max(1, weights)), lowering.Options);
        strategy = best.Strategy;
        best.Build()();

        void Layer(long macs, long bytes, string reason) => lowering.Layer(node, strategy, $"8 bits: {reason}", macs, bytes, kept, Choice.Predictions(candidates));

        void Blocks()
        {
            long executed = 0;
            for (int b = 0; b < steps.Blocks.Length; b++)
            {
                executed += pixels * steps.Blocks[b] * 4 * Math.Min(IntegerPacker.Block, filters.Count - (b * IntegerPacker.Block));
            }

            Layer(Math.Min(pixels * weights, executed), steps.Weights.Length, $"{why}; four bytes that 16 channels do not read are left out");
            Call($"IntegerConv.Run<{type}>", [Arg.Pointer("x", x(4)), .. Packed()]);
        }

        void Rows(PlaneTile tile)
        {
            (Argument[] before, Argument memory, long bytes, string tap) = IntegerSparseStrategy.Arguments(node, lowering, taps!, tile, Arg.Pointer("x", x(Runtime.ByteTurn.Side)));
            Layer(pixels * kept, bytes, why);
            Call($"IntegerSparse.Run<{type}, {tap}>", before, memory);
        }

        Argument[] Packed() =>
        [
            Arg.Pointer("weights", ElementType.Int8, lowering.Pack<sbyte>(WeightsSection.Vectors, steps.Weights)),
            Arg.Pointer("taps", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, steps.Taps)),
            Arg.Pointer("blocks", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, steps.Blocks)),
        ];

        void Call(string method, Argument[] before, params Argument[] behind) => lowering.Call(
            node,
            $"{node.Name}: {LayerStatistics.Title(node)} in 8 bits, {shapes}, {strategy}.\n{why}.",
            method,
            [loops, .. before, Epilogue(node, lowering), .. behind, Arg.Pointer("y", y)]);
    }

    // A vector streams its weights; tiles of pixels use them several times.
    private static double BlockCycles(IntegerSteps steps, long pixels, CostTarget target)
    {
        double once = (target.ByteStep * steps.Taps.Length) + (target.ByteEnd * steps.Blocks.Length);
        return pixels >= Runtime.IntegerTile.Pixels
            ? once * Math.Ceiling(pixels / (double)Runtime.IntegerTile.Pixels)
            : pixels * (Math.Max(target.ByteStep / 4 * steps.Taps.Length, target.Stream(steps.Weights.Length)) + (target.ByteEnd / 2 * steps.Blocks.Length));
    }

    private static bool Follow(long[] steps, int rows, int pixels) => steps[1] == pixels * steps[2] && steps[0] == rows * steps[1];

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

    // Tables hold a multiple of some channels, in the order that the kernel asks for.
    private static Argument Epilogue(Node node, Lowering lowering, int multiple = IntegerPacker.Block, Func<int, int>? order = null)
    {
        Tensor w = node.Input(1).Constant!;
        int filters = w.Shape[0], each = w.Count / filters, rounded = RoundedTo(filters, multiple), zero = (int)node.Attributes.Int("x_zero");
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
            Arg.Pointer("bias", ElementType.Int32, lowering.Pack<int>(WeightsSection.Vectors, Ordered(bias))),
            Arg.Pointer("shift", ElementType.Int32, lowering.Pack<int>(WeightsSection.Vectors, Ordered(Array.ConvertAll(sums, s => 128 * s)))),
            Arg.Pointer("scale", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, Ordered(scale))),
            Arg.Float("low", node.Attributes.Int("low") - yZero),
            Arg.Float("high", node.Attributes.Int("high") - yZero),
            Arg.Int("zero", yZero));

        T[] Ordered<T>(T[] table) => order is null ? table : [.. table.Select((_, i) => table[order(i)])];
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

    private static int Rounded(int channels) => RoundedTo(channels, IntegerPacker.Block);

    private static int RoundedTo(int channels, int multiple) => (channels + multiple - 1) / multiple * multiple;

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
