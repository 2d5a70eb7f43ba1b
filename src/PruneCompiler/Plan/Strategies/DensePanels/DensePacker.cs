using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Plan.Strategies.DensePanels;

/// <summary>Packs weights for the runtime's DensePanels: tiles of 8 output channels, then one of 4, 2 and 1 as needed.</summary>
public static class DensePacker
{
    /// <summary>What a layer is predicted to take for one vector of pixels: whole tiles of 8 channels, and smaller ones for the rest.</summary>
    public static double Cycles(int channels, int taps, CostTarget target)
    {
        IReadOnlyDictionary<int, double> costs = target.TapCosts;
        double tap = channels / 8 * 8 * target.DenseTap;
        foreach (int size in new[] { 4, 2, 1 })
        {
            tap += (channels & size) != 0 ? costs[size] : 0;
        }

        return (taps * tap) + (channels * target.DenseRow);
    }

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
            int left = channels - o;
            tile = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
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
