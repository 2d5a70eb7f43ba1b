namespace PruneCompiler.Plan.Strategies.DenseChannels;

/// <summary>Packs weights for the runtime's DenseChannels: tiles of 32 output channels side by side, the last one of 16 if that is enough.</summary>
public static class ChannelPacker
{
    private const int TileChannels = 32, Align = 16;

    // Taps by which the kernel fetches ahead.
    private const int Ahead = 32;

    /// <summary>Packs a dense layer without groups.</summary>
    /// <param name="weights">[O][K], in ONNX's order.</param>
    /// <param name="channels">Output channels O.</param>
    /// <param name="offsets">[K] tap offsets; taps may be any subset of columns that the weights hold.</param>
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
        writer.Align(Align * sizeof(float));
        for (int k = 0; k < taps; k++)
        {
            writer.Int(offsets[k]);
            min = k == 0 ? offsets[k] : Math.Min(min, offsets[k]);
            max = k == 0 ? offsets[k] : Math.Max(max, offsets[k]);
        }

        for (int k = 0; k < Ahead; k++)
        {
            writer.Int(0);
        }

        writer.Align(Align * sizeof(float));
        for (int o = 0; o < channels; o += TileChannels)
        {
            int width = channels - o > TileChannels / 2 ? TileChannels : TileChannels / 2;
            for (int k = 0; k < taps; k++)
            {
                for (int i = 0; i < width; i++)
                {
                    writer.Float(o + i < channels ? weights[((o + i) * taps) + k] : 0);
                }
            }
        }

        return new PackedTaps(writer.ToArray(), min, max, (long)channels * taps);
    }
}
