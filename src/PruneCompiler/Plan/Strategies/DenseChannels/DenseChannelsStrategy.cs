using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Schedule;
using PruneCompiler.Plan.Strategies.DensePanels;

namespace PruneCompiler.Plan.Strategies.DenseChannels;

/// <summary>Dense convolutions with output channels in the lanes: no junk pixels, and strides read in place.</summary>
internal static class DenseChannelsStrategy
{
    /// <summary>Name in plans and reports.</summary>
    public const string Name = "dense channels";

    // What turning the sums of a tile into rows of pixels costs for each of its rows, in multiply-adds of a vector: half as long again in the wide vectors, whose multiply-adds take half the time.
    private const int Turning = 300, WideTurning = 700;

    // Pixels of a tile.
    private const int TilePixels = 14;

    // What a multiply-add costs here, as part of what it costs in tiles of neighbouring pixels: inputs and weights are fetched ahead, and never unaligned.
    private const double TapShare = 0.87, WideTapShare = 0.97;

    // With four lanes there is little junk, and panels pick weights by lane.
    private const double NarrowTapShare = 1.3;

    // Splitting an element of the input by its phase.
    private const double SplitCycles = 1;

    // With a stride the sparse kernels want the input split beforehand, so that this is decided before their costs are known: sparse rows win from some 40 % zeros on.
    private const double MostZeros = 0.35;

    /// <summary>True when the kernel serves a layer of this geometry.</summary>
    public static bool Applies(ConvGeometry geometry) => geometry.Group == 1 && (geometry.IsSplit || geometry.Window.Strides[2] <= 2);

    /// <summary>
    /// True for a layer with strides that reads its input as it lies, unsplit. A kernel of one tap does not: it reads but one phase, which is soon copied and then lies close together.
    /// </summary>
    public static bool ReadsInPlace(Node node, CostTarget target)
    {
        ConvGeometry geometry = ConvGeometry.Of(node);
        SpatialWindow window = geometry.Window;
        if (!geometry.IsSplit || geometry.Group != 1 || window.Strides[2] > 2 || window.Taps == 1)
        {
            return false;
        }

        ReadOnlySpan<float> weights = node.Input(1).Constant!.As<float>();
        Shape output = node.Outputs[0].Shape;
        int taps = weights.Length / output[1], height = window.Output[1], width = window.Output[2];
        double rows = (double)output[0] * window.Output[0];
        int perPlane = Math.Min(height * ((width + target.Lanes - 1) / target.Lanes), ((height * (width + 1)) + target.Lanes - 1) / target.Lanes);
        double split = (rows * perPlane * DensePacker.Cycles(output[1], taps, target)) + (SplitCycles * node.Input(0).Shape.Count);
        return weights.Count(0f) <= MostZeros * weights.Length && Cycles(target, rows * height, width, output[1], taps) <= split;
    }

    /// <summary>Predicted cost.</summary>
    public static double Cycles(CostTarget target, PanelLayout output, int taps) =>
        Cycles(target, (double)output.Images * output.Depth * output.Height, output.Width, output.Channels, taps);

    private static double Cycles(CostTarget target, double rows, int width, int channels, int taps)
    {
        double turning = target.Lanes == 16 ? WideTurning : Turning, share = target.Lanes == 16 ? WideTapShare : target.Lanes <= 4 ? NarrowTapShare : TapShare;
        double perRow = ((double)width * taps) + (turning * ((width + TilePixels - 1) / TilePixels));
        return rows * ((channels + target.Lanes - 1) / target.Lanes) * target.DenseTap * share * perRow;
    }

    /// <summary>Proves that every pixel that the kernel reads lies in the input's buffer: a tile may be rounded up by one pixel.</summary>
    /// <exception cref="InvalidOperationException">It does not: a defect of the layout planner.</exception>
    public static void CheckBounds(Node node, ConvGeometry geometry, PanelLayout input, PanelLayout output, PackedTaps packed)
    {
        int[] strides = Strides(geometry);
        long first = input.Origin + packed.MinOffset;
        long last = input.Origin + packed.MaxOffset + ((output.Images - 1) * input.ImageStride) + ((output.Depth - 1) * strides[0] * input.PlaneStride)
            + ((output.Height - 1) * strides[1] * input.RowStride) + ((long)output.Width * strides[2]);
        if (first < 0 || last >= input.Length)
        {
            throw new InvalidOperationException($"'{node.Name}': taps reach from {first} to {last} of {input.Length} elements");
        }
    }

    /// <summary>Adds the step.</summary>
    public static void Lower(Node node, Lowering lowering, string about, ConvGeometry geometry, Storage x, Storage y, Storage? residual, PackedTaps packed, double cycles)
    {
        PanelLayout input = x.Panel!, output = y.Panel!;
        int[] strides = Strides(geometry);
        PanelDivision division = output.Images > 1 || output.Depth > 1 ? PanelDivision.Of(output) : new(PanelDivision.Rows, output.Height);
        bool byRow = division.Unit == PanelDivision.Rows;
        var loops = new List<Argument>
        {
            division.Count("images", output.Images, PanelDivision.Images),
            division.Count("planes", output.Depth, PanelDivision.Planes),
            division.Count("rows", output.Height, PanelDivision.Rows),
            Arg.Int("width", output.Width),
            Arg.Int("storedWidth", output.RowLength),
            Arg.Int("inputImage", input.ImageStride),
            Arg.Int("inputPlane", input.PlaneStride * strides[0]),
            Arg.Int("inputRow", input.RowStride * strides[1]),
            Arg.Int("outputImage", output.ImageStride),
            Arg.Int("outputPlane", output.PlaneStride),
            Arg.Int("outputRow", output.RowStride),
        };
        if (residual?.Panel is { } added)
        {
            loops.AddRange([Arg.Int("residualImage", added.ImageStride), Arg.Int("residualPlane", added.PlaneStride), Arg.Int("residualRow", added.RowStride)]);
        }

        lowering.Call(
            node,
            about,
            "DenseChannels.Run",
            Arg.Struct("loops", "PanelLoops", [.. loops]),
            Arg.Int("step", strides[2]),
            Arg.Int("tail", output.Flat ? output.StoredWidth - (output.Height * output.RowLength) : 0),
            byRow ? Arg.First("firstRow") : Arg.Int("firstRow", 0),
            Arg.Int("lastRow", output.Height - 1),
            Arg.Moving("input", x, division.Step(input, strides[0]) * (byRow ? strides[1] : 1)),
            Arg.Moving("output", y, division.Step(output)),
            Arg.Pointer("packed", ElementType.UInt8, lowering.Pack<byte>(WeightsSection.Vectors, packed.Bytes)),
            PanelArguments.Epilogue(node, lowering, division, y, residual, byImageRow: true));
        if (residual is not null)
        {
            lowering.MayAddInPlace(y, residual, x);
        }

        if (byRow && !output.Flat)
        {
            var read = new RowRead(x, geometry.RowReach);
            lowering.DivideRows(division.Units, cycles, new RowStep(y, residual is null ? [read] : [read, RowRead.Same(residual)]) { Weights = packed.Bytes.LongLength });
        }
        else
        {
            lowering.Divide(division.Unit, division.Units, cycles);
        }
    }

    // Strides over the panels that are read: those of rows and columns are gone where the input was split.
    private static int[] Strides(ConvGeometry geometry) => geometry.IsSplit ? [geometry.Window.Strides[0], 1, 1] : geometry.Window.Strides;
}
