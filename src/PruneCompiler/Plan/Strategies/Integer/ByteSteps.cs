using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Steps over quantised bytes that are no products.</summary>
internal static class ByteSteps
{
    /// <summary>Copies bytes between layouts, perhaps with their highest bit flipped.</summary>
    public static void Move(Node node, Lowering lowering, string about, Storage x, Storage y, int flip)
    {
        Shape s = x.Shape;
        (int[] size, long[] from, long[] to) = s.Rank switch
        {
            4 => (s.Dims.ToArray(), x.Strides, y.Strides),
            3 => ([s[0], s[1], 1, s[2]], Flat(x), Flat(y)),
            _ when x.IsPlain && y.IsPlain => ([1, checked((int)s.Count), 1, 1], [0, 1, 0, 0], new long[] { 0, 1, 0, 0 }),
            _ => ([], [], []),
        };
        if (size.Length == 0)
        {
            // Any other shape: element by element.
            string value = flip == 0 ? "a" : x.Type == ElementType.Int8 ? "(cast uint8 (add (cast int32 a) 128))" : "(cast int8 (sub (cast int32 a) 128))";
            lowering.Add(node, about, new MapBody(s.Dims.ToArray(), new Operand("out", y.Place, y.Type.Text(), y.Strides), [new Operand("a", x.Place, x.Type.Text(), x.Strides)], value));
            return;
        }

        lowering.Call(
            node,
            about,
            "ByteRows.Move",
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Ints("size", size),
            Arg.Ints("xSteps", from),
            Arg.Ints("ySteps", to),
            Arg.Int("flip", flip));
    }

    /// <summary>Lowers an <see cref="IntegerAdd"/>.</summary>
    public static void Add(Node node, Lowering lowering)
    {
        Attributes a = node.Attributes;
        Storage y = lowering.Write(node.Outputs[0]), left = ReadLike(node, lowering, node.Input(0), y), right = ReadLike(node, lowering, node.Input(1), y);
        (int[] size, long[][] steps) = Rows(y, left, right, y);
        lowering.Call(
            node,
            $"{node.Name}: the sum of two quantised values of shape {y.Shape}.",
            "ByteFunctions.Add",
            Arg.Pointer("a", left),
            Arg.Pointer("b", right),
            Arg.Pointer("y", y),
            Arg.Ints("size", size),
            Arg.Ints("steps", steps.SelectMany(s => s)),
            Arg.Ints("less", [a.Int("a_less"), a.Int("b_less")]),
            Arg.Float("left", a.Float("left")),
            Arg.Float("right", a.Float("right")),
            Arg.Float("offset", a.Float("offset")),
            Arg.Float("low", a.Int("low")),
            Arg.Float("high", a.Int("high")),
            Arg.Int("more", a.Int("y_more")));
    }

    /// <summary>Lowers an <see cref="IntegerMul"/>.</summary>
    public static void Multiply(Node node, Lowering lowering)
    {
        Attributes a = node.Attributes;
        Storage y = lowering.Write(node.Outputs[0]), left = ReadLike(node, lowering, node.Input(0), y), right = ReadLike(node, lowering, node.Input(1), y);
        bool perChannel = IntegerMul.IsPerChannel(left.Shape, right.Shape);
        int[] size;
        long[][] steps;
        if (y.ChannelLast is { } layout)
        {
            // A pixel's channels at a time where those of b serve all pixels.
            size = perChannel ? [layout.Images, layout.Height, layout.Width, layout.Pitch] : [layout.Images, layout.Height, 1, layout.Width * layout.Pitch];
            steps = Array.ConvertAll(new[] { left, right, y }, s => s == right && perChannel ? [s.ChannelLast!.Image, 0, 0] : new[] { s.ChannelLast!.Image, s.ChannelLast.Row, s.ChannelLast.Pitch });
        }
        else
        {
            int count = checked((int)y.Shape.Count), each = perChannel ? count / Math.Max(1, checked((int)right.Shape.Count)) : count;
            size = [1, 1, count / Math.Max(1, each), each];
            steps = [[0, 0, each], [0, 0, perChannel ? 1 : each], [0, 0, each]];
        }

        lowering.Call(
            node,
            $"{node.Name}: the product of two quantised values, {left.Shape} by {right.Shape}.",
            "ByteProducts.Multiply",
            Arg.Pointer("a", left),
            Arg.Pointer("b", right),
            Arg.Pointer("y", y),
            Arg.Ints("size", size),
            Arg.Ints("steps", steps.SelectMany(s => s)),
            Arg.Int("single", perChannel && y.ChannelLast is null ? 1 : 0),
            Arg.Ints("zeros", [a.Int("a_zero"), a.Int("b_zero"), a.Int("y_zero")]),
            Arg.Float("factor", a.Float("factor")),
            Arg.Float("low", a.Int("low") - a.Int("y_zero")),
            Arg.Float("high", a.Int("high") - a.Int("y_zero")));
    }

    /// <summary>Lowers an <see cref="IntegerMean"/>.</summary>
    public static void Mean(Node node, Lowering lowering)
    {
        Attributes a = node.Attributes;
        Storage x = lowering.ReadChannelLast(node, node.Input(0), default, 0), y = lowering.WritePlain(node, node.Outputs[0]);
        ChannelLastLayout layout = x.ChannelLast!;
        lowering.Call(
            node,
            $"{node.Name}: the mean of each plane, {x.Shape} -> {y.Shape}.",
            "ByteFunctions.Mean",
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Ints("size", [layout.Images, layout.Channels, layout.Height, layout.Width]),
            Arg.Ints("steps", [layout.Image, layout.Row, layout.Pitch]),
            Arg.Int("zero", a.Int("x_zero")),
            Arg.Float("factor", a.Float("factor")),
            Arg.Int("yZero", a.Int("y_zero")),
            Arg.Int("low", a.Int("low")),
            Arg.Int("high", a.Int("high")));
    }

    /// <summary>Lowers a <see cref="ByteTable"/>.</summary>
    public static void Table(Node node, Lowering lowering)
    {
        Storage y = lowering.Write(node.Outputs[0]), x = ReadLike(node, lowering, node.Input(0), y);
        (int[] size, long[][] steps) = Rows(y, x, y);
        lowering.Call(
            node,
            $"{node.Name}: a function of bytes by its table, {y.Shape}.",
            $"ByteFunctions.Table<{CSharpTypes.Of(x.Type.Text())}, {CSharpTypes.Of(y.Type.Text())}>",
            Arg.Pointer("x", x),
            Arg.Pointer("table", lowering.Read(node.Input(1))),
            Arg.Pointer("y", y),
            Arg.Ints("size", size),
            Arg.Ints("steps", steps.SelectMany(s => s)));
    }

    /// <summary>True for the MaxPools of bytes that have a kernel.</summary>
    public static bool IsWindow(Node node) => node.Input(0) is { Type: ElementType.UInt8, Shape.Rank: 3 or 4 } && node.Outputs.Count == 1;

    /// <summary>Lowers a MaxPool of bytes.</summary>
    public static void Max(Node node, Lowering lowering)
    {
        Storage x = lowering.ReadChannelLast(node, node.Input(0), default, 0), y = lowering.Write(node.Outputs[0]);
        SpatialWindow w = SpatialWindow.OfPool(node, x.Shape).InThreeDimensions();
        ChannelLastLayout from = x.ChannelLast!, to = y.ChannelLast!;
        lowering.Call(
            node,
            $"{node.Name}: largest byte of each window, {x.Shape} -> {y.Shape}.",
            "ByteFunctions.Max",
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Ints("size", [from.Images, from.Channels, from.Height, from.Width, to.Height, to.Width]),
            Arg.Ints("window", [w.Kernel[1], w.Kernel[2], w.Strides[1], w.Strides[2], w.Dilations[1], w.Dilations[2], w.PadsBegin[1], w.PadsBegin[2]]),
            Arg.Ints("steps", [from.Image, from.Row, from.Pitch, to.Image, to.Row, to.Pitch]));
    }

    // The value as it lies where elements follow each other as in y; else copied.
    private static Storage ReadLike(Node node, Lowering lowering, Value value, Storage y) =>
        y.ChannelLast is null ? lowering.ReadPlain(node, value) : lowering.ReadChannelLast(node, value, default, 0);

    // Images, rows and elements of a row, and each storage's steps; what rounds the channels of a pixel up is computed too.
    private static (int[] Size, long[][] Steps) Rows(Storage y, params Storage[] storages) => y.ChannelLast is { } layout
        ? ([layout.Images, layout.Height, layout.Width * layout.Pitch], Array.ConvertAll(storages, s => new[] { s.ChannelLast!.Image, s.ChannelLast.Row }))
        : ([1, 1, checked((int)y.Shape.Count)], Array.ConvertAll(storages, _ => new long[] { 0, 0 }));

    private static long[] Flat(Storage storage) => [storage.Strides[0], storage.Strides[1], 0, storage.Strides[2]];
}
