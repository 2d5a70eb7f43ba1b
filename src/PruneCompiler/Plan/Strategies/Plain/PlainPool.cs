using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Schedule;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Pools of any element type; they read and write any layout whose pixels within a row are neighbours.</summary>
internal static class PlainPool
{
    private const double CyclesPerTap = 0.6;

    /// <summary>Lowers a MaxPool.</summary>
    public static void LowerMax(Node node, Lowering lowering)
    {
        Storage x = ReadRows(node, lowering, node.Input(0));
        SpatialWindow window = SpatialWindow.OfPool(node, x.Shape);
        if (node.Outputs.Count == 1 && IsFast(x, window))
        {
            LowerFast(node, lowering, "FloatPool.Max", $"{node.Name}: largest pixel of each window", x, window, []);
            return;
        }

        Storage y = lowering.Write(node.Outputs[0]);

        Storage? indices = node.Outputs.Count > 1 ? lowering.WritePlain(node, node.Outputs[1]) : null;
        lowering.Call(
            node,
            $"{node.Name}: largest pixel of each window, {x.Shape} -> {y.Shape}.",
            $"PlainPool.Max<{PlainElements.TypeArguments(node, x.Type)}>",
            [
                .. Common(x, y, window),
                PlainElements.Optional("indices", indices),
                Arg.Bool("columnMajor", node.Attributes.Int("storage_order") != 0),
            ]);
    }

    /// <summary>Lowers an AveragePool.</summary>
    public static void LowerAverage(Node node, Lowering lowering)
    {
        Storage x = ReadRows(node, lowering, node.Input(0));
        SpatialWindow window = SpatialWindow.OfPool(node, x.Shape);
        Argument[] means = [Arg.Ints("padsEnd", window.InThreeDimensions().PadsEnd), Arg.Bool("countPadding", node.Attributes.Int("count_include_pad") != 0)];
        string about = $"{node.Name}: mean of each window";
        if (IsFast(x, window))
        {
            LowerFast(node, lowering, "FloatPool.Average", about, x, window, means);
            return;
        }

        Storage y = lowering.Write(node.Outputs[0]);
        lowering.Call(node, $"{about}, {x.Shape} -> {y.Shape}.", $"PlainPool.Average<{PlainElements.TypeArguments(node, x.Type)}>", [.. Common(x, y, window), .. means]);
        Divide(lowering, x, y, window);
    }

    /// <summary>Lowers an LpPool or GlobalLpPool.</summary>
    public static void LowerNorm(Node node, Lowering lowering, SpatialWindow window, float exponent)
    {
        Storage x = node.Operator is Operators.GlobalPool ? Flat(lowering.ReadPlain(node, node.Input(0))) : ReadRows(node, lowering, node.Input(0));
        Storage result = lowering.Write(node.Outputs[0]), y = node.Operator is Operators.GlobalPool ? Flat(result) : result;
        lowering.Call(
            node,
            $"{node.Name}: norm of each window, {x.Shape} -> {y.Shape}.",
            $"PlainPool.Norm<{PlainElements.TypeArguments(node, x.Type)}>",
            [.. Common(x, y, window), Arg.Float("exponent", exponent)]);
        Divide(lowering, x, y, window);
    }

    /// <summary>Lowers a GlobalAveragePool or GlobalMaxPool.</summary>
    public static void LowerGlobal(Node node, Lowering lowering, string method)
    {
        Storage x = ReadRows(node, lowering, node.Input(0)), y = lowering.Write(node.Outputs[0]);
        int rank = x.Shape.Rank;
        lowering.Call(
            node,
            $"{node.Name}: {method.ToLowerInvariant()} of each plane, {x.Shape} -> {y.Shape}.",
            $"GlobalPool.{method}<{PlainElements.TypeArguments(node, x.Type)}>",
            Arg.Moving("x", x, x.Strides[1]),
            Arg.Moving("y", y, y.Strides[1]),
            Arg.Int("images", x.Shape[0]),
            Arg.Count("channels", x.Shape[1]),
            Arg.Ints("size", [.. Enumerable.Repeat(1, 5 - rank), .. x.Shape.Dims[2..]]),
            Arg.Ints("xSteps", Steps(x)),
            Arg.Ints("ySteps", Steps(y)));
        lowering.Divide("channel", x.Shape[1], x.Shape.Count * CyclesPerTap);
    }

    /// <summary>A value with neighbouring pixels next to each other, as it lies or copied.</summary>
    internal static Storage ReadRows(Node node, Lowering lowering, Value value)
    {
        Storage storage = lowering.Read(value);
        return storage.Shape[-1] == 1 || storage.Strides[^1] == 1 ? storage : lowering.ReadPlain(node, value);
    }

    /// <summary>Elements from one image, channel, plane, row to the next.</summary>
    internal static long[] Steps(Storage storage)
    {
        int rank = storage.Shape.Rank;
        long plane = rank == 5 ? storage.Strides[2] : 0, row = rank >= 4 ? storage.Strides[^2] : 0;
        return [storage.Strides[0], storage.Strides[1], plane, row];
    }

    // Windows are folded line by line in memory on the stack, whose length is limited.
    private static bool IsFast(Storage x, SpatialWindow window) =>
        x.Type == ElementType.Float32
        && window.Kernel[..^1].Aggregate(1L, (a, b) => a * b) <= FloatPool.MostRows
        && ((long)window.Output[^1] * window.Strides[^1]) + ((long)window.Kernel[^1] * window.Dilations[^1]) + window.PadsBegin[^1] + window.Input[^1] <= FloatPool.LongestLine;

    // Row by row where the result lies in row panels, so that pools take part in bands of rows; else channel by channel.
    private static void LowerFast(Node node, Lowering lowering, string method, string about, Storage x, SpatialWindow anyRank, Argument[] means)
    {
        Value result = node.Outputs[0];
        SpatialWindow window = anyRank.InThreeDimensions();
        bool byRow = lowering.PlannedPanel(result) is { Flat: false, Images: 1, Depth: 1 } && x.Shape.Rank == 4;
        Storage y = byRow ? lowering.WritePanel(result) : lowering.Write(result);
        int rows = window.Output[1];
        lowering.Call(
            node,
            $"{about}, {x.Shape} -> {y.Shape}.",
            method,
            [
                byRow ? Arg.Pointer("x", x) : Arg.Moving("x", x, x.Strides[1]),
                byRow ? Arg.Pointer("y", y) : Arg.Moving("y", y, y.Strides[1]),
                Arg.Int("images", x.Shape[0]),
                byRow ? Arg.Int("channels", x.Shape[1]) : Arg.Count("channels", x.Shape[1]),
                byRow ? Arg.First("first") : Arg.Int("first", 0),
                byRow ? Arg.End("end", rows) : Arg.Int("end", rows),
                Arg.Int("rowLength", byRow ? y.Panel!.RowLength : y.Shape[-1]),
                .. Sizes(x, y, window),
                .. means,
            ]);
        if (byRow)
        {
            var reach = new RowReach(window.Strides[1], window.PadsBegin[1], ((window.Kernel[1] - 1) * window.Dilations[1]) - window.PadsBegin[1]);
            lowering.DivideRows(rows, Cycles(x, y, window), new RowStep(y, new RowRead(x, reach)));
        }
        else
        {
            Divide(lowering, x, y, window);
        }
    }

    private static Argument[] Common(Storage x, Storage y, SpatialWindow window) =>
        [
            Arg.Moving("x", x, x.Strides[1]),
            Arg.Moving("y", y, y.Strides[1]),
            Arg.Int("images", x.Shape[0]),
            Arg.Count("channels", x.Shape[1]),
            .. Sizes(x, y, window.InThreeDimensions()),
        ];

    private static Argument[] Sizes(Storage x, Storage y, SpatialWindow window) =>
        [
            Arg.Ints("input", window.Input),
            Arg.Ints("output", window.Output),
            Arg.Ints("kernel", window.Kernel),
            Arg.Ints("strides", window.Strides),
            Arg.Ints("dilations", window.Dilations),
            Arg.Ints("pads", window.PadsBegin),
            Arg.Ints("xSteps", Steps(x)),
            Arg.Ints("ySteps", Steps(y)),
        ];

    private static void Divide(Lowering lowering, Storage x, Storage y, SpatialWindow window) => lowering.Divide("channel", x.Shape[1], Cycles(x, y, window));

    private static double Cycles(Storage x, Storage y, SpatialWindow window) => Math.Max(x.Shape.Count, (double)y.Shape.Count * window.Taps) * CyclesPerTap;

    // [N, C, spatial...] as [N, C, pixels].
    private static Storage Flat(Storage storage)
    {
        var shape = new Shape(storage.Shape[0], storage.Shape[1], Operators.GlobalPool.Window(storage.Shape).Input[0]);
        return new Storage(storage.Type, shape, storage.Place, [storage.Strides[0], storage.Strides[1], 1]);
    }
}
