namespace PruneCompiler.Plan.Strategies.IntegerSparse;

/// <summary>Weights of an 8-bit layer as the runtime's IntegerSparse reads them.</summary>
/// <param name="Weights">Four for each quad.</param>
/// <param name="Taps">Their offsets in the tile.</param>
/// <param name="Quads">For each output channel, rounded up to 16.</param>
/// <param name="Order">In which order each 16 channels have their weights: by their number.</param>
internal sealed record IntegerQuadRows(sbyte[] Weights, int[] Taps, int[] Quads, byte[] Order);

/// <summary>Packs the weights of each output channel by fours; zeros at the first tap fill the last four up.</summary>
internal static class QuadPacker
{
    /// <summary>Packs a layer.</summary>
    public static IntegerQuadRows Pack(IntegerTaps taps, PlaneTile tile)
    {
        var weights = new List<sbyte>();
        var offsets = new List<int>();
        int rounded = (taps.Filters.Count + IntegerPacker.Block - 1) / IntegerPacker.Block * IntegerPacker.Block;
        var quads = new int[rounded];
        var order = new byte[rounded];
        for (int first = 0; first < rounded; first += IntegerPacker.Block)
        {
            int[] block = [.. Enumerable.Range(first, IntegerPacker.Block).OrderBy(Count)];
            for (int i = 0; i < block.Length; i++)
            {
                order[first + i] = (byte)(block[i] - first);
                int before = weights.Count;
                if (block[i] < taps.Filters.Count)
                {
                    Add(taps, tile, taps.Filters[block[i]], weights, offsets);
                }

                quads[block[i]] = (weights.Count - before) / 4;
            }
        }

        return new IntegerQuadRows([.. weights], [.. offsets], quads, order);

        int Count(int m) => m < taps.Filters.Count ? (taps.Filters[m].Count + 3) / 4 : 0;
    }

    // Taps by their offsets, which is how the cache likes them; a weight outside of a signed byte is a sum of several.
    private static void Add(IntegerTaps taps, PlaneTile tile, IReadOnlyList<IntegerTap> filter, List<sbyte> weights, List<int> offsets)
    {
        (int Offset, int Weight)[] all = [.. filter.Select(t => (tile.Offset(taps, t), t.Weight)).OrderBy(t => t.Item1)];
        foreach ((int offset, int weight) in all)
        {
            for (int rest = weight; rest != 0;)
            {
                var part = (sbyte)Math.Clamp(rest, sbyte.MinValue, sbyte.MaxValue);
                weights.Add(part);
                offsets.Add(offset);
                rest -= part;
            }
        }

        while (weights.Count % 4 != 0)
        {
            weights.Add(0);
            offsets.Add(all[0].Offset);
        }
    }
}
