using PruneCompiler.IR;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Strategies.DenseChannels;
using PruneCompiler.Plan.Strategies.DensePanels;
using PruneCompiler.Plan.Strategies.SharedTaps;
using PruneCompiler.Plan.Strategies.SparseRows;
using PruneCompiler.Plan.Strategies.SparseShifts;
using PruneCompiler.Plan.Strategies.SparseTiles;
using PruneCompiler.Plan.Strategies.UnrolledTaps;

namespace PruneCompiler.Plan.Strategies;

/// <summary>One convolution between panels: its taps, and what the kernels would make of them.</summary>
internal sealed class PanelLayer
{
    /// <summary>The strategy that copies tiles for the first-level cache.</summary>
    public const string SparseTiles = "sparse tiles";

    // Of the kernels that take neighbouring vectors as they lie.
    private const int VectorsOfTile = 4;

    // What a tile may read in a block of taps, and taps of the dense layer that a block has at least, as sums pass from block to block through memory.
    private const int MostTileBytes = 32 * 1024, LeastTaps = 96;

    // As measured: some blocks are larger than what the cache holds beside the outputs, as few taps a block make its ends felt.
    private const int ShiftBytes = 40 * 1024;

    private readonly Node node;
    private readonly ConvGeometry geometry;
    private readonly PanelLayout input;
    private readonly PanelLayout output;
    private readonly float[] weights;
    private readonly int[] offsets;
    private readonly int groupOffset;

    public PanelLayer(Node node, ConvGeometry geometry, PanelLayout input, (int Y, int X)[] slots, PanelLayout output)
    {
        this.node = node;
        this.geometry = geometry;
        this.input = input;
        this.output = output;
        weights = node.Input(1).Constant!.As<float>().ToArray();
        Zeros = weights.Count(w => w == 0) / (double)Math.Max(1, weights.Length);
        offsets = geometry.TapOffsets(input, slots);
        if (geometry.Group == 1)
        {
            (weights, offsets) = UsedTaps(weights, offsets);
        }

        groupOffset = checked((int)(input.Channels / geometry.Group * input.ChannelStride));
    }

    private TileShape Tile => TileShape.Of(input, output, geometry.Window.Kernel.Any(k => k > 1));

    private int Outputs => output.Channels;

    /// <summary>Share of the weights that are zero.</summary>
    public double Zeros { get; }

    /// <summary>Each output channel with its own taps.</summary>
    public List<SparseGroup> Rows => SparsePacker.Group(weights, Outputs, offsets, 1, 0, geometry.Group, groupOffset);

    // The same in blocks of input channels of which a tile of pixels reads no more than the first-level cache holds beside the outputs.
    private List<SparseGroup> RowsInBlocks
    {
        get
        {
            int[] kernel = geometry.Window.Kernel;
            int taps = kernel.Aggregate((a, b) => a * b), across = Math.Min(VectorsOfTile, PanelLayout.RoundUp(output.ComputedWidth) / PanelDivision.PixelsPerUnit);
            int vectors = ((VectorsOfTile / across) + kernel[1] - 1) * (across + (kernel[2] > 1 ? 1 : 0)) * kernel[0];
            int block = Math.Max(MostTileBytes / (vectors * PanelDivision.PixelsPerUnit * sizeof(float)) * taps, LeastTaps);
            return geometry.Group > 1 || offsets.Length < 3 * block / 2 ? Rows : SparsePacker.Group(weights, Outputs, offsets, 1, block);
        }
    }

    // Taps of the dense layer in blocks of equally many input channels of which a tile reads about what the first-level cache holds.
    private int ShiftBlock
    {
        get
        {
            int[] kernel = geometry.Window.Kernel;
            int across = PanelLayout.RoundUp(output.ComputedWidth), phases = geometry.Slots.Length, stride = geometry.IsSplit ? geometry.Window.Strides[1] : 1;
            int rows = (VectorsOfTile * PanelDivision.PixelsPerUnit / across) + ((kernel[1] - 1) / stride);
            int bytes = kernel[0] * phases * rows * across * sizeof(float) * (node.Input(0).Shape[1] / geometry.Group), blocks = Math.Max(1, (bytes + (ShiftBytes / 2)) / ShiftBytes);
            return (offsets.Length + blocks - 1) / blocks;
        }
    }

    /// <summary>Rows that the kernels take together.</summary>
    public int RowsOfTile(string strategy) =>
        strategy == SparseTiles ? Tile.Rows : Math.Max(1, VectorsOfTile * PanelDivision.PixelsPerUnit / PanelLayout.RoundUp(output.ComputedWidth));

    /// <summary>Ways to run the layer.</summary>
    /// <param name="residual">The operand that is added, if any.</param>
    /// <param name="target">What kernels cost.</param>
    /// <param name="unrollable">Taps that may still become straight-line code.</param>
    public List<Candidate<PackedTaps>> Candidates(Storage? residual, CostTarget target, int unrollable)
    {
        long rows = (long)output.Images * output.Depth * output.Rows;
        double vectors = rows * ((output.ComputedWidth + target.Lanes - 1) / target.Lanes);
        var result = new List<Candidate<PackedTaps>>();
        if (DenseChannelsStrategy.Applies(geometry))
        {
            result.Add(new(DenseChannelsStrategy.Name, DenseChannelsStrategy.Cycles(target, output, offsets.Length), IsDense: true, () => ChannelPacker.Pack(weights, Outputs, offsets)));
        }

        if (geometry.ReadsInPlace)
        {
            return result;
        }

        if (geometry.Group == 1)
        {
            result.Add(new("dense panels", vectors * DensePacker.Cycles(Outputs, offsets.Length, target), IsDense: true, () => DensePacker.Pack(weights, Outputs, offsets)));
        }

        List<SparseGroup> own = Rows;
        result.Add(new("sparse rows", vectors * TapGroups.Cycles(own, target), IsDense: false, () => SparsePacker.Pack(RowsInBlocks)));
        if (geometry.Group == 1)
        {
            TileShape shape = Tile;
            result.Add(new(SparseTiles, vectors * SparseTilePacker.Cycles(own, shape, target), IsDense: false, () => SparseTilePacker.Pack(own, shape)));
            if (Operators.Epilogue.Of(node).Slope == 1 && SparseShiftPacker.Applies(input, output, offsets))
            {
                var shifts = new SparseShiftPacker(SparsePacker.Group(weights, Outputs, offsets, 1, ShiftBlock));
                result.Add(new(SparseShiftPacker.Name, vectors * shifts.Cycles(target), IsDense: false, shifts.Pack));
            }
        }

        TapGroups shared = TapGroups.Find(weights, Outputs, offsets, target.TapCosts, geometry.Group, groupOffset);
        if (shared.Shared > 0)
        {
            result.Add(new("shared taps", vectors * shared.Cycles(target), IsDense: false, () => SparsePacker.Pack(shared.Groups)) { Found = shared.About });
        }

        if (UnrolledTapsStrategy.Applies(node, output, own, residual, unrollable))
        {
            result.Add(new(UnrolledTapsStrategy.Name, vectors * UnrolledTapsStrategy.Cycles(own, target), IsDense: false, () => SparsePacker.Pack(own)));
        }

        return result;
    }

    /// <summary>Proves that every vector that the kernels of neighbouring pixels read lies in the input's buffer.</summary>
    /// <exception cref="InvalidOperationException">It does not: a defect of the layout planner.</exception>
    public void CheckBounds(PackedTaps packed)
    {
        int[] strides = geometry.Window.Strides;
        long rowStep = geometry.IsSplit || output.Flat ? input.RowStride : input.RowStride * strides[1];
        long first = input.Origin + packed.MinOffset;
        long last = input.Origin + ((output.Images - 1) * input.ImageStride) + ((output.Depth - 1) * strides[0] * input.PlaneStride) + ((output.Rows - 1) * rowStep)
            + PanelLayout.RoundUp(output.ComputedWidth) + packed.MaxOffset;
        if (first < 0 || last > input.Length)
        {
            throw new InvalidOperationException($"'{node.Name}': taps reach from {first} to {last} of {input.Length} elements");
        }
    }

    // Taps that no output channel has need not be read at all: channels of a value that this layer has no use for cost nothing, wherever they lie.
    private static (float[] Weights, int[] Offsets) UsedTaps(float[] weights, int[] offsets)
    {
        int taps = offsets.Length;
        int[] used = Enumerable.Range(0, taps).Where(IsUsed).ToArray();
        used = used.Length == 0 ? [0] : used; // a layer without any weight still has a tap
        if (used.Length == taps)
        {
            return (weights, offsets);
        }

        var fewer = new float[weights.Length / taps * used.Length];
        for (int i = 0; i < fewer.Length; i++)
        {
            fewer[i] = weights[(i / used.Length * taps) + used[i % used.Length]];
        }

        return (fewer, Array.ConvertAll(used, k => offsets[k]));

        bool IsUsed(int k)
        {
            for (int at = k; at < weights.Length; at += taps)
            {
                if (weights[at] != 0)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
