namespace PruneCompiler.Plan.Strategies.SparseRows;

/// <summary>
/// Packs weights for the runtime's SparseRows. Zeros vanish. Taps may be split in blocks, ranges of input channels so small that what one
/// tile of pixels reads of them stays in the first-level cache.
/// </summary>
public static class SparsePacker
{
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
        int count = parts.Sum(p => p.Members.Sum(m => m.Taps.Length));

        var records = new List<int>();
        foreach (var part in parts)
        {
            var runs = part.Members.GroupBy(m => m.Group.Channels.Length).OrderByDescending(r => r.Key).ToArray();
            records.AddRange([part.Origin, runs.Length]);
            foreach (var run in runs)
            {
                records.AddRange([run.Key, run.Count()]);
                foreach (var member in run)
                {
                    records.AddRange(member.Group.Channels);
                    records.Add(member.Taps.Length);
                }
            }
        }

        var writer = new PackWriter();
        writer.Int(blocks);
        writer.Int(wide ? 1 : 0);
        writer.Int(records.Count);
        writer.Int(count);
        records.ForEach(writer.Int);
        foreach (var part in parts)
        {
            foreach (var (group, taps) in part.Members)
            {
                foreach (int t in taps)
                {
                    int offset = group.Offsets[t] - part.Origin;
                    if (wide)
                    {
                        writer.Int(offset);
                    }
                    else
                    {
                        writer.Short((ushort)offset);
                    }
                }
            }
        }

        writer.Align(4);
        foreach (var (group, taps) in parts.SelectMany(p => p.Members))
        {
            foreach (int t in taps)
            {
                foreach (float weight in group.Weights.AsSpan(t * group.Channels.Length, group.Channels.Length))
                {
                    writer.Float(weight);
                }
            }
        }

        return new PackedTaps(
            writer.ToArray(),
            groups.SelectMany(g => g.Offsets).DefaultIfEmpty(0).Min(),
            groups.SelectMany(g => g.Offsets).DefaultIfEmpty(0).Max(),
            groups.Sum(g => (long)g.Weights.Length));
    }

    // The members of a block in the order of the kernel: larger groups first; by falling number of taps, so that neighbours are paired without waste.
    // The first block writes every channel's bias and the last one activates it, so they list channels without taps too.
    private static BlockPart Part(IReadOnlyList<SparseGroup> groups, int block, bool all)
    {
        var members = groups
            .Select(g => (Group: g, Taps: Enumerable.Range(0, g.Offsets.Length).Where(t => g.Blocks[t] == block).ToArray()))
            .Where(m => all || m.Taps.Length > 0)
            .OrderByDescending(m => m.Group.Channels.Length).ThenByDescending(m => m.Taps.Length).ThenBy(m => m.Group.Channels[0])
            .ToArray();
        var offsets = members.SelectMany(m => m.Taps.Select(t => m.Group.Offsets[t])).DefaultIfEmpty(0).ToArray();
        return new BlockPart(offsets.Min(), offsets.Max(), members);
    }

    private sealed record BlockPart(int Origin, int Max, (SparseGroup Group, int[] Taps)[] Members);
}
