namespace PruneCompiler.Plan.Strategies.SparseRows;

/// <summary>
/// Packs weights for the runtime's SparseRows. Zeros vanish. Taps may be split in blocks, ranges of input channels so small that what one
/// tile of pixels reads of them stays in the first-level cache.
/// </summary>
public static class SparsePacker
{
    // The kernel's mark for four channels with taps of their own, equally many.
    private const int Fours = -4;

    // One tap in so many may be a filler.
    private const int WorthFilling = 8;

    /// <summary>Finds the non-zero taps of a convolution and groups output channels.</summary>
    /// <param name="weights">[O][K], in ONNX's order (K = C / groups * kD * kH * kW).</param>
    /// <param name="channels">Output channels O.</param>
    /// <param name="offsets">[K] tap offsets of the first convolution group.</param>
    /// <param name="group">Output channels that share taps: 1, 2, 4 or 8. A tap is kept where any of them is non-zero. Remainders form smaller groups.</param>
    /// <param name="tapsPerBlock">Taps of the dense layer in one block (input channels per block times kernel size), or 0 for one block.</param>
    /// <param name="convolutionGroups">ONNX's group attribute: O / groups output channels each, which must be a multiple of <paramref name="group"/> or less than it.</param>
    /// <param name="groupOffset">Elements from one convolution group's input channels to the next one's.</param>
    public static List<SparseGroup> Group(ReadOnlySpan<float> weights, int channels, ReadOnlySpan<int> offsets, int group = 1, int tapsPerBlock = 0, int convolutionGroups = 1, int groupOffset = 0)
    {
        int taps = offsets.Length;
        if (weights.Length != (long)channels * taps || channels % convolutionGroups != 0 || group is not (1 or 2 or 4 or 8))
        {
            throw new ArgumentException($"{weights.Length} weights do not form {channels} channels of {taps} taps in {convolutionGroups} groups of tiles of {group}.", nameof(weights));
        }

        var groups = new List<SparseGroup>();
        int perConvolution = channels / convolutionGroups;
        for (int o = 0, size; o < channels; o += size)
        {
            int left = perConvolution - (o % perConvolution);
            for (size = group; size > left; size /= 2)
            {
            }

            groups.Add(Group(weights, offsets, [.. Enumerable.Range(o, size)], o / perConvolution * groupOffset, tapsPerBlock));
        }

        return groups;
    }

    /// <summary>A group of any output channels, with the taps where any of them is non-zero.</summary>
    /// <param name="weights">[O][K], in ONNX's order.</param>
    /// <param name="offsets">[K] tap offsets.</param>
    /// <param name="channels">The output channels: 1, 2, 4 or 8.</param>
    /// <param name="shift">Added to each offset.</param>
    /// <param name="tapsPerBlock">Taps of the dense layer in one block, or 0 for one block.</param>
    public static SparseGroup Group(ReadOnlySpan<float> weights, ReadOnlySpan<int> offsets, int[] channels, int shift, int tapsPerBlock = 0)
    {
        int taps = offsets.Length, size = channels.Length;
        var kept = new List<int>();
        for (int k = 0; k < taps; k++)
        {
            foreach (int o in channels)
            {
                if (weights[(o * taps) + k] != 0)
                {
                    kept.Add(k);
                    break;
                }
            }
        }

        var values = new float[kept.Count * size];
        var where = new int[kept.Count];
        var blocks = new int[kept.Count];
        for (int t = 0; t < kept.Count; t++)
        {
            where[t] = checked(offsets[kept[t]] + shift);
            blocks[t] = tapsPerBlock == 0 ? 0 : kept[t] / tapsPerBlock;
            for (int i = 0; i < size; i++)
            {
                values[(t * size) + i] = weights[(channels[i] * taps) + kept[t]];
            }
        }

        return new SparseGroup(channels, where, values, blocks);
    }

    /// <summary>Packs groups. Every output channel of the layer must be in exactly one of them, with or without taps.</summary>
    /// <exception cref="ArgumentException">A group has a size that the kernel does not know, or lists of unequal length.</exception>
    public static PackedTaps Pack(IReadOnlyList<SparseGroup> groups)
    {
        foreach (var group in groups)
        {
            if (group.Channels.Length is not (1 or 2 or 4 or 8) || group.Weights.Length != group.Offsets.Length * group.Channels.Length || group.Blocks.Length != group.Offsets.Length)
            {
                throw new ArgumentException($"A group of {group.Channels.Length} channels with {group.Offsets.Length} offsets, {group.Weights.Length} weights and {group.Blocks.Length} blocks.", nameof(groups));
            }
        }

        int blocks = groups.SelectMany(g => g.Blocks).DefaultIfEmpty(0).Max() + 1;
        var parts = Enumerable.Range(0, blocks).Select(b => Part(groups, b, b == 0 || b == blocks - 1)).ToArray();
        bool wide = parts.Any(p => p.Max - (long)p.Origin > ushort.MaxValue);
        var writer = new PackWriter();
        writer.Int(blocks);
        writer.Int(wide ? 1 : 0);
        var records = new List<int>();
        foreach (var part in parts)
        {
            var runs = part.Members.GroupBy(m => m.Kind).ToArray();
            records.AddRange([part.Origin, runs.Length]);
            foreach (var run in runs)
            {
                records.AddRange([run.Key, run.Count()]);
                foreach (Member member in run)
                {
                    records.AddRange(member.Channels);
                    records.Add(member.Steps);
                }
            }
        }

        writer.Int(records.Count);
        writer.Int(parts.Sum(p => p.Members.Sum(m => m.Offsets.Length)));
        records.ForEach(writer.Int);
        foreach (var part in parts)
        {
            foreach (int offset in part.Members.SelectMany(m => m.Offsets))
            {
                if (wide)
                {
                    writer.Int(offset - part.Origin);
                }
                else
                {
                    writer.Short((ushort)(offset - part.Origin));
                }
            }
        }

        writer.Align(4);
        foreach (float weight in parts.SelectMany(p => p.Members).SelectMany(m => m.Weights))
        {
            writer.Float(weight);
        }

        return new PackedTaps(
            writer.ToArray(),
            groups.SelectMany(g => g.Offsets).DefaultIfEmpty(0).Min(),
            groups.SelectMany(g => g.Offsets).DefaultIfEmpty(0).Max(),
            groups.Sum(g => (long)g.Weights.Length));
    }

    // The members of a block in the order of the kernel: larger groups first, then channels by falling number of taps, four and four where that wastes little, the rest one
    // by one. The first block writes every channel's bias and the last one activates it, so they list channels without taps too.
    private static BlockPart Part(IReadOnlyList<SparseGroup> groups, int block, bool all)
    {
        Member[] own = [.. groups
            .Select(g => (Group: g, Taps: Enumerable.Range(0, g.Offsets.Length).Where(t => g.Blocks[t] == block).ToArray()))
            .Where(m => all || m.Taps.Length > 0)
            .OrderByDescending(m => m.Group.Channels.Length).ThenByDescending(m => m.Taps.Length).ThenBy(m => m.Group.Channels[0])
            .Select(m => new Member(
                m.Group.Channels.Length,
                m.Group.Channels,
                m.Taps.Length,
                [.. m.Taps.Select(t => m.Group.Offsets[t])],
                [.. m.Taps.SelectMany(t => m.Group.Weights.Skip(t * m.Group.Channels.Length).Take(m.Group.Channels.Length))]))];
        var offsets = own.SelectMany(m => m.Offsets).DefaultIfEmpty(0).ToArray();
        int singles = Array.FindIndex(own, m => m.Kind == 1);
        return new BlockPart(offsets.Min(), offsets.Max(), singles < 0 ? own : [.. own[..singles], .. Paired(own[singles..])]);
    }

    // Shorter ones of four repeat their last tap with a weight of zero.
    private static IEnumerable<Member> Paired(Member[] singles)
    {
        var fours = new List<Member>();
        var rest = new List<Member>();
        for (int i = 0; i < singles.Length;)
        {
            Member[] four = [.. singles.Skip(i).Take(4)];
            int steps = four[0].Steps, taps = four.Sum(m => m.Steps);
            if (four.Length < 4 || (4 * steps) - taps > (taps / WorthFilling) + 2)
            {
                rest.Add(singles[i++]);
                continue;
            }

            int any = four[0].Offsets.FirstOrDefault();
            fours.Add(new Member(
                Fours,
                [.. four.Select(m => m.Channels[0])],
                steps,
                [.. Enumerable.Range(0, steps).SelectMany(s => four.Select(m => s < m.Steps ? m.Offsets[s] : m.Offsets.LastOrDefault(any)))],
                [.. Enumerable.Range(0, steps).SelectMany(s => four.Select(m => s < m.Steps ? m.Weights[s] : 0))]));
            i += 4;
        }

        return fours.Concat(rest);
    }

    private sealed record BlockPart(int Origin, int Max, Member[] Members);

    // What the kernel takes together. Kind: channels that share taps, or Fours. Offsets and weights step by step.
    private sealed record Member(int Kind, int[] Channels, int Steps, int[] Offsets, float[] Weights);
}
