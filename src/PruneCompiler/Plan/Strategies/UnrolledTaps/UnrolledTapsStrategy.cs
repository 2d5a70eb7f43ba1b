using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Strategies.SparseRows;

namespace PruneCompiler.Plan.Strategies.UnrolledTaps;

/// <summary>Tiny convolutions as straight-line code, with the weights as literals: no list of offsets to walk, and code that a reviewer can read.</summary>
internal static class UnrolledTapsStrategy
{
    /// <summary>Name in plans and reports.</summary>
    public const string Name = "unrolled taps";

    // More makes methods that take long to compile and to read.
    private const int MostTaps = 1000;

    // More take longer each, up to half as long again.
    private const int TapsAtHand = 300;
    private const double MostPerTap = 1.5;

    // A channel is one piece of straight-line code, and that has to stay small enough for the JIT to inline its vector operations.
    private const int MostTapsPerChannel = 110;

    /// <summary>
    /// Taps of all layers of a model together. Each is 130 bytes of text and 10 us of the C# compiler's time and again of the JIT's, so that without a limit a deep network of tiny layers
    /// takes a minute to build and to start.
    /// </summary>
    public const int MostTapsOfModel = 4000;

    /// <summary>True when the layer is small and plain enough.</summary>
    public static bool Applies(Node node, PanelLayout output, IReadOnlyList<SparseGroup> rows, Storage? residual, int unrollable) =>
        residual is null
        && output is { Images: 1, Depth: 1 }
        && node.ConstantInput(2) is null or { Shape.Rank: 1 }
        && rows.Sum(r => r.Offsets.Length) <= Math.Min(MostTaps, unrollable)
        && rows.All(r => r.Offsets.Length <= MostTapsPerChannel);

    /// <summary>Predicted cost of one vector of pixels in all channels: measured 0.7 cycles a tap at 230 taps, 1.2 at 450 and 990, 1.6 at 590, where the code no longer comes from the cache of decoded instructions.</summary>
    public static double Cycles(IReadOnlyList<SparseGroup> rows, CostTarget target)
    {
        int taps = rows.Sum(r => r.Offsets.Length);
        return (taps * target.UnrolledTap * Math.Clamp(taps / (double)TapsAtHand, 1, MostPerTap)) + (rows.Count * target.UnrolledRow);
    }

    /// <summary>Adds the step.</summary>
    /// <param name="node">The convolution.</param>
    /// <param name="lowering">Receives the step.</param>
    /// <param name="about">The sentence above it.</param>
    /// <param name="inputRow">Input elements from one output row to the next.</param>
    /// <param name="x">Input panel.</param>
    /// <param name="y">Output panel.</param>
    /// <param name="rows">One group for each output channel.</param>
    public static void Lower(Node node, Lowering lowering, string about, long inputRow, Storage x, Storage y, IReadOnlyList<SparseGroup> rows)
    {
        PanelLayout output = y.Panel!;
        Tensor? bias = node.ConstantInput(2);
        Operators.Epilogue epilogue = Operators.Epilogue.Of(node);
        List<UnrolledChannel> channels = rows.OrderBy(r => r.Channels[0]).Select(r => new UnrolledChannel(
            r.Channels[0] * output.ChannelStride,
            bias is null ? 0 : bias.As<float>()[r.Channels[0]],
            r.Offsets.Zip(r.Weights, (offset, weight) => new UnrolledTap(offset, weight)).ToList())).ToList();
        Place? mask = PanelArguments.Mask(output) is { } bits ? lowering.Pack<uint>(WeightsSection.Vectors, bits) : null;
        lowering.Add(node, about, new UnrolledBody(
            x.Place, y.Place, mask, output.Rows, output.ComputedWidth, output.StoredWidth, inputRow, output.RowStride, epilogue.Low, epilogue.High, epilogue.Slope, channels));
    }
}
