using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Plan.Strategies.DensePanels;

/// <summary>Packs weights for the runtime's DensePanels: tiles of up to 8 output channels.</summary>
public static class DensePacker
{
    /// <summary>What a layer is predicted to take for one vector of pixels.</summary>
    public static double Cycles(int channels, int taps, CostTarget target)
    {
        double tap = 0;
        for (int o = 0, tile; o < channels; o += tile)
        {
            tile = Runtime.DensePanels.TileChannels(channels - o);
            tap += Tap(tile, target);
        }

        return (taps * tap) + (channels * target.DenseRow);
    }

    // A tap of a tile: with few channels their sums wait for each other.
    private static double Tap(int tile, CostTarget target) => tile switch
    {
        8 => 8 * target.DenseTap,
        > 4 when target.Lanes == 16 => Math.Max(target.QuadTap, tile * target.DenseTap),
        > 4 => target.QuadTap + Tap(tile - 4, target),
        4 => target.QuadTap,
        3 when target.Lanes == 16 => (target.PairTap + target.QuadTap) / 2,
        3 => target.PairTap + target.SparseTap,
        2 => target.PairTap,
        _ => target.SparseTap,
    };

    /// <summary>Packs a dense layer without groups.</summary>
    /// <param name="weights">[O][K], in ONNX's order.</param>
    /// <param name="channels">Output channels O.</param>
    /// <param name="offsets">[K] tap offsets (<see cref="TapTable.Offsets"/>). Taps may be any subset of columns that the weights hold.</param>
    /// <exception cref="ArgumentException">The weights are not [O][K].</exception>
    public static PackedTaps Pack(ReadOnlySpan<float> weights, int channels, ReadOnlySpan<int> offsets)
    {
        if (weights.Length != (long)channels * offsets.Length)
        {
            throw new ArgumentException($"{weights.Length} weights; {channels} channels of {offsets.Length} taps need {(long)channels * offsets.Length}.", nameof(weights));
        }

        int taps = offsets.Length, min = 0, max = 0;
        var writer = new PackWriter();
        writer.Int(taps);
        writer.Int(channels);
        writer.Int(0);
        writer.Int(0);
        for (int k = 0; k < taps; k++)
        {
            writer.Int(offsets[k]);
            min = k == 0 ? offsets[k] : Math.Min(min, offsets[k]);
            max = k == 0 ? offsets[k] : Math.Max(max, offsets[k]);
        }

        for (int o = 0, tile; o < channels; o += tile)
        {
            tile = Runtime.DensePanels.TileChannels(channels - o);
            for (int k = 0; k < taps; k++)
            {
                for (int i = 0; i < tile; i++)
                {
                    writer.Float(weights[((o + i) * taps) + k]);
                }
            }
        }

        return new PackedTaps(writer.ToArray(), min, max, (long)channels * taps);
    }
}
