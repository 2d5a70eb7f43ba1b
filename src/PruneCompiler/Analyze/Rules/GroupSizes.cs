namespace PruneCompiler.Analyze;

/// <summary>The channels that the groups of a convolution keep: as many in each of them.</summary>
internal static class GroupSizes
{
    /// <summary>
    /// With groups, channels go out and in together: the same number of each in every group, some of them in vain if need be (their weights are to be zero). Groups
    /// with nothing left vanish.
    /// </summary>
    /// <param name="groups">Groups as they were.</param>
    /// <param name="perIn">Input channels of a group.</param>
    /// <param name="perOut">Output channels of a group.</param>
    /// <param name="inputs">Input channels that are wanted, ascending.</param>
    /// <param name="outputs">Output channels that are wanted, ascending; some.</param>
    public static (int[] Inputs, int[] Outputs, int Groups) Equal(int groups, int perIn, int perOut, int[] inputs, int[] outputs)
    {
        if (groups == 1)
        {
            return (inputs, outputs, 1);
        }

        int[] left = outputs.Select(o => o / perOut).Distinct().ToArray();
        ILookup<int, int> ins = inputs.ToLookup(i => i / perIn), outs = outputs.ToLookup(o => o / perOut);
        int mostIn = Math.Max(1, left.Max(g => ins[g].Count())), mostOut = left.Max(g => outs[g].Count());
        return (left.SelectMany(g => Fill(g * perIn, perIn, [.. ins[g]], mostIn)).ToArray(), left.SelectMany(g => Fill(g * perOut, perOut, [.. outs[g]], mostOut)).ToArray(), left.Length);
    }

    /// <summary>The wanted indices of [first, first + size), and as many more as it takes to have <paramref name="count"/>.</summary>
    private static IEnumerable<int> Fill(int first, int size, int[] wanted, int count) =>
        wanted.Concat(Enumerable.Range(first, size).Except(wanted).Take(count - wanted.Length)).Order();
}
