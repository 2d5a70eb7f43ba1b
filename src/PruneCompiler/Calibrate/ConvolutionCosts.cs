using System.Buffers.Binary;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.DensePanels;
using PruneCompiler.Plan.Strategies.SparseRows;
using PruneCompiler.Plan.Strategies.SparseTiles;
using PruneCompiler.Runtime;

namespace PruneCompiler.Calibrate;

/// <summary>Measures the convolution kernels on a 3x3 layer of 64 channels at 28 x 28: sets of filters that share few or many taps, and dense layers of few or many inputs.</summary>
internal sealed unsafe class ConvolutionCosts(CycleTimer timer, int lanes)
{
    private const int Size = 28;
    private const int Length = 32;
    private const int Channels = 64;
    private const int Filters = 64;

    private delegate void Kernel(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue);

    /// <summary>A tap of a set of <paramref name="set"/> filters for one vector, and what begins and ends a filter.</summary>
    public (double Tap, double Row) Shared(int set)
    {
        const int Few = 24, Many = 96;
        double few = PerVector(Weights(Channels, set, Few), Channels, dense: false, set), many = PerVector(Weights(Channels, set, Many), Channels, dense: false, set);
        double tap = (many - few) / ((Many - Few) * (Filters / set));
        return (tap, (few - (Few * (Filters / set) * tap)) / Filters);
    }

    /// <summary>A multiply-add of one vector in a dense layer, and what begins and ends a filter.</summary>
    public (double Tap, double Row) Dense()
    {
        const int Few = 8, Many = Channels;
        double few = PerVector(Weights(Few, 8, Few * 9), Few, dense: true, 8), many = PerVector(Weights(Many, 8, Many * 9), Many, dense: true, 8);
        double tap = (many - few) / ((Many - Few) * 9 * Filters);
        return (tap, (few / Filters) - (Few * 9 * tap));
    }

    /// <summary>Single taps over packed tiles: a tap for one vector, a sum's way through a block, what begins and ends a sum, and the copy of a vector into the tile.</summary>
    public (double Tap, double Row, double End, double Line) Tiles()
    {
        // The taps of half of the filters reach every strip too, so all four layers copy the same.
        const int Few = 24, Many = 96, Half = Filters / 2;
        (double cycles, int blocks, double copied) = Tile(Filters, Few, SparseTilePacker.BlockLines);
        (double many, _, _) = Tile(Filters, Many, SparseTilePacker.BlockLines);
        (double half, _, _) = Tile(Half, Few, SparseTilePacker.BlockLines);
        (double split, int more, _) = Tile(Filters, Few, SparseTilePacker.BlockLines / 2);
        double tap = (many - cycles) / ((Many - Few) * Filters), row = (split - cycles) / (Filters * (more - blocks)), filter = (cycles - half) / Half;
        return (tap, row, filter - (Few * tap) - (blocks * row), ((2 * half) - cycles) / copied);
    }

    // Cycles for one vector, blocks, and vectors copied for one vector.
    private (double Cycles, int Blocks, double Copied) Tile(int filters, int taps, int blockLines)
    {
        const int Row = Channels * Length;
        var shape = new TileShape(Rows: 7, Columns: 1, Step: Row, Flat: false);
        IReadOnlyList<SparseGroup> rows = SparsePacker.Group(Weights(Channels, 1, taps).AsSpan(0, filters * Channels * 9).ToArray(), filters, Offsets(Channels), 1);
        PackedTaps packed = SparseTilePacker.Pack(rows, shape, blockLines);
        double copied = SparseTilePacker.Cycles(rows, shape, CostTargets.Portable with { TileTap = 0, TileRow = 0, TileEnd = 0, TileLine = 1 });
        return (PerVector(packed, Channels, filters, SparseTiles.Run), BinaryPrimitives.ReadInt32LittleEndian(packed.Bytes.AsSpan(sizeof(int))), copied);
    }

    // Each set of filters keeps its own taps, evenly spread and shifted from set to set.
    private static float[] Weights(int channels, int set, int taps)
    {
        int all = channels * 9;
        var weights = new float[Filters * all];
        for (int o = 0; o < Filters; o++)
        {
            for (int t = 0; t < taps; t++)
            {
                weights[(o * all) + ((((t * all) / taps) + (o / set * 7)) % all)] = 0.01f * ((t % 13) - 6.5f);
            }
        }

        return weights;
    }

    private static int[] Offsets(int channels) =>
        TapTable.Offsets([.. Enumerable.Range(0, channels).Select(c => c * Length)], (1, 3, 3), (1, 1, 1), (0, 1, 1), 0, channels * Length);

    private double PerVector(float[] weights, int channels, bool dense, int set)
    {
        int[] offsets = Offsets(channels);
        return dense
            ? PerVector(DensePacker.Pack(weights, Filters, offsets), channels, Filters, DensePanels.Run)
            : PerVector(SparsePacker.Pack(SparsePacker.Group(weights, Filters, offsets, set)), channels, Filters, SparseRows.Run);
    }

    private double PerVector(PackedTaps packed, int channels, int filters, Kernel kernel)
    {
        using var memory = new NativeBlocks();
        int row = channels * Length;
        float* input = memory.Random(((Size + 2) * row) + 1024, 1);
        float* output = memory.Copy<float>([], Size * Filters * Length);
        int* places = memory.Copy<int>([.. Enumerable.Range(0, filters).Select(o => o * Length)]);
        float* bias = memory.Random(filters, 2);
        var mask = new uint[Length];
        mask.AsSpan(0, Size).Fill(uint.MaxValue);
        var masks = (float*)memory.Copy<uint>(mask);
        byte* taps = memory.Copy<byte>(packed.Bytes);
        var loops = new PanelLoops(1, 1, Size, Size, Length, 0, 0, row, 0, 0, Filters * Length);

        // In bounds: taps reach a row and a pixel before and behind the origin, which stands a row and 64 floats into the input.
        float* origin = input + 64 + row;
        double cycles = timer.Cycles(() => kernel(loops, origin, output, taps, new PanelEpilogue(filters, places, bias, masks, low: 0)));
        return cycles / (Size * ((Size + lanes - 1) / lanes));
    }
}
