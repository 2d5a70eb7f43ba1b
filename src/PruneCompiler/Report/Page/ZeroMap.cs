namespace PruneCompiler.Report;

/// <summary>A picture of where a layer's weights are: kept ones blue, those that went with their channels amber, zeros nothing.</summary>
internal static class ZeroMap
{
    private const int Levels = 7;

    // Seen on light and dark ground alike.
    private static readonly (byte R, byte G, byte B) Kept = (0x2f, 0x7c, 0xe8), Gone = (0xe0, 0x8a, 0x14);

    private static readonly (byte R, byte G, byte B, byte A)[] Palette =
    [
        (0, 0, 0, 0), .. Enumerable.Range(1, Levels).Select(l => (Kept.R, Kept.G, Kept.B, Alpha(l))), .. Enumerable.Range(1, Levels).Select(l => (Gone.R, Gone.G, Gone.B, Alpha(l))),
    ];

    /// <summary>An img element.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="weights">One of its operands.</param>
    /// <param name="limit">Most pixels on a side; larger weights are averaged.</param>
    public static string Image(OriginalLayer layer, WeightMatrix weights, int limit)
    {
        (int height, int width, Func<int, int, int, (int Y, int X)> place) = Arrange(weights);
        int stepY = (height + limit - 1) / limit, stepX = (width + limit - 1) / limit;
        int rows = (height + stepY - 1) / stepY, columns = (width + stepX - 1) / stepX;
        var kept = new int[rows * columns];
        var gone = new int[rows * columns];
        var all = new int[rows * columns];
        bool[] outputs = Flags(layer.KeptOutputs, layer.Size.Channels, weights.Outputs), inputs = Flags(layer.KeptInputs, layer.InputChannels, weights.Inputs);
        int at = 0;
        for (int o = 0; o < weights.Outputs; o++)
        {
            for (int i = 0; i < weights.Inputs; i++)
            {
                for (int t = 0; t < weights.Taps; t++)
                {
                    (int y, int x) = place(o, i, t);
                    int cell = (y / stepY * columns) + (x / stepX);
                    all[cell]++;
                    if (weights.Values[at++] != 0)
                    {
                        (outputs[o] && inputs[i] ? kept : gone)[cell]++;
                    }
                }
            }
        }

        var pixels = new byte[rows * columns];
        for (int c = 0; c < pixels.Length; c++)
        {
            double share = all[c] == 0 ? 0 : (kept[c] + gone[c]) / (double)all[c];
            int level = share == 0 ? 0 : Math.Clamp((int)Math.Ceiling(Math.Sqrt(share) * Levels), 1, Levels);
            pixels[c] = (byte)(level == 0 ? 0 : gone[c] > kept[c] ? level + Levels : level);
        }

        double scale = Math.Min(12, 200.0 / Math.Max(rows, columns));
        string size = $"width=\"{Html.Length(Math.Max(28, Math.Round(columns * scale)))}\" height=\"{Html.Length(Math.Max(28, Math.Round(rows * scale)))}\"";
        string alternative = $"{Html.Percent(kept.Sum(k => (long)k), weights.Values.Length)} of the weights are kept";
        return $"<img class=\"map\" {size} loading=\"lazy\" alt=\"Zero map: {Html.Text(alternative)}\" src=\"{PngImage.DataUri(pixels, columns, Palette)}\">";
    }

    // Filters downwards, inputs to the right, each kernel as a small square; depthwise kernels fill a square of their own.
    private static (int Height, int Width, Func<int, int, int, (int Y, int X)> Place) Arrange(WeightMatrix w)
    {
        int kernelWidth = w.Kernel.Length == 0 ? 1 : w.Kernel[^1], kernelHeight = w.Taps / Math.Max(1, kernelWidth);
        if (w.Inputs == 1 && w.Taps > 1)
        {
            int across = (int)Math.Ceiling(Math.Sqrt(w.Outputs * (double)kernelHeight / kernelWidth)), down = (w.Outputs + across - 1) / across;
            return (down * kernelHeight, across * kernelWidth, (o, _, t) => ((o / across * kernelHeight) + (t / kernelWidth), (o % across * kernelWidth) + (t % kernelWidth)));
        }

        return (w.Outputs * kernelHeight, w.Inputs * kernelWidth, (o, i, t) => ((o * kernelHeight) + (t / kernelWidth), (i * kernelWidth) + (t % kernelWidth)));
    }

    // Channels that are not the operand's own (the gates of a recurrent layer, the inputs of other groups) say nothing about it.
    private static bool[] Flags(int[]? kept, int channels, int count)
    {
        var flags = new bool[count];
        if (kept is null || channels != count)
        {
            Array.Fill(flags, true);
            return flags;
        }

        foreach (int k in kept)
        {
            flags[k] = true;
        }

        return flags;
    }

    private static byte Alpha(int level) => (byte)(45 + (210 * level / Levels));
}
