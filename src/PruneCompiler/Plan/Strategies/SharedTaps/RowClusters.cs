namespace PruneCompiler.Plan.Strategies.SharedTaps;

/// <summary>
/// Finds rows that read nearly the same inputs, wherever they stand: permuted row blocks, groups that lost the same columns, modules, stripes. Rows of a
/// cluster run in one register tile over the union of their taps; a weight that a row lacks there is a zero that is multiplied. Either that costs less
/// than the shared loads gain, or the rows stay apart.
/// </summary>
/// <remarks>
/// Rows of equal support first. Then, from the longest row down, the row that adds the fewest zeros joins, and the cluster is cut to the
/// size that gains most for each row. Time is rows x rows x columns / 64 where few rows are alike. Ties go to the first row, so equal weights give equal plans.
/// </remarks>
internal sealed class RowClusters
{
    // Words compared; beyond it (layers of some 100 million weights) only rows of equal support are found.
    private const long MostWork = 2_000_000_000;

    private readonly RowSupports supports;
    private readonly IReadOnlyDictionary<int, double> tapCosts;
    private readonly int[] sizes;

    // The share of weights among the products of two rows below which no third is looked for. Where the best tile pays from a share f on, rows that fill their union
    // to f at random fill that of two to 1 / (2 - f).
    private readonly double leastFill;
    private readonly List<int[]> clusters = [];

    private RowClusters(RowSupports supports, IReadOnlyDictionary<int, double> tapCosts)
    {
        this.supports = supports;
        this.tapCosts = tapCosts;
        sizes = [.. tapCosts.Keys.Where(s => s > 1).OrderDescending()];
        leastFill = 1 / (2 - sizes.Select(s => Math.Min(1, tapCosts[s] / (s * tapCosts[1]))).DefaultIfEmpty(1).Min());
    }

    /// <summary>Clusters of one row or of a size that a tile has; each row is in exactly one, its members ascending.</summary>
    /// <param name="supports">The rows.</param>
    /// <param name="tapCosts">What a tap of the union costs for a cluster of each size, in any unit; size 1 must be there.</param>
    /// <param name="first">First row to look at.</param>
    /// <param name="count">Rows to look at.</param>
    public static List<int[]> Find(RowSupports supports, IReadOnlyDictionary<int, double> tapCosts, int first, int count)
    {
        var search = new RowClusters(supports, tapCosts);
        List<int> left = search.TakeEqual(first, count);
        if ((long)left.Count * left.Count * supports.Words / 2 <= MostWork)
        {
            search.TakeSimilar(left);
        }
        else
        {
            search.clusters.AddRange(left.Select(r => new[] { r }));
        }

        return search.clusters;
    }

    // Whole tiles of rows with the same support; returns the other rows, the longest first.
    private List<int> TakeEqual(int first, int count)
    {
        int size = sizes.Where(s => tapCosts[s] < s * tapCosts[1]).DefaultIfEmpty(0).First();
        var left = new List<int>();
        foreach (List<int> same in EqualRows(first, count))
        {
            int whole = size == 0 ? 0 : same.Count / size * size;
            for (int at = 0; at < whole; at += size)
            {
                clusters.Add([.. same.GetRange(at, size)]);
            }

            left.AddRange(same.Skip(whole));
        }

        return [.. left.OrderByDescending(r => supports.Taps[r]).ThenBy(r => r)];
    }

    private List<List<int>> EqualRows(int first, int count)
    {
        var sets = new List<List<int>>();
        var byHash = new Dictionary<int, List<List<int>>>();
        for (int r = first; r < first + count; r++)
        {
            var hash = default(HashCode);
            foreach (ulong word in supports.Row(r))
            {
                hash.Add(word); // the order of the sets is that of their first rows, whatever the hash
            }

            if (!byHash.TryGetValue(hash.ToHashCode(), out List<List<int>>? known))
            {
                byHash.Add(hash.ToHashCode(), known = []);
            }

            List<int>? same = known.Find(s => supports.Row(s[0]).SequenceEqual(supports.Row(r)));
            if (same is null)
            {
                known.Add(same = []);
                sets.Add(same);
            }

            same.Add(r);
        }

        return sets;
    }

    private void TakeSimilar(List<int> left)
    {
        var union = new ulong[supports.Words];
        while (left.Count > 0)
        {
            var members = new List<int> { left[0] };
            var unions = new List<int> { supports.Taps[left[0]] };
            left.RemoveAt(0);
            supports.Row(members[0]).CopyTo(union);
            int most = sizes.FirstOrDefault();
            while (members.Count < most && left.Count > 0)
            {
                (int at, int beyond) = Nearest(left, union, unions[^1], members.Count);
                int taps = supports.Taps[left[at]], all = unions[^1] + beyond;
                if (members.Count == 1 && taps + unions[0] < leastFill * 2 * all)
                {
                    break;
                }

                members.Add(left[at]);
                unions.Add(all);
                supports.AddTo(union, left[at]);
                left.RemoveAt(at);
            }

            int size = BestSize(members, unions);
            clusters.Add([.. members.Take(size).Order()]);
            left.InsertRange(0, members.Skip(size).OrderByDescending(r => supports.Taps[r]).ThenBy(r => r));
            left.Sort((a, b) => supports.Taps[a] != supports.Taps[b] ? supports.Taps[b].CompareTo(supports.Taps[a]) : a.CompareTo(b));
        }
    }

    // The row whose joining multiplies the fewest zeros: those that it lacks, and those that the members lack of its own.
    private (int At, int Beyond) Nearest(List<int> left, ReadOnlySpan<ulong> union, int taps, int members)
    {
        (int At, int Beyond, int Zeros) best = (0, 0, int.MaxValue);
        for (int i = 0; i < left.Count && best.Zeros > 0; i++)
        {
            // Rows come by falling length: a row that is shorter by more than the best has zeros cannot be better, and neither can those behind it.
            int own = supports.Taps[left[i]];
            if (taps - own >= best.Zeros)
            {
                break;
            }

            int beyond = supports.Beyond(left[i], union), zeros = (beyond * members) + taps + beyond - own;
            if (zeros < best.Zeros)
            {
                best = (i, beyond, zeros);
            }
        }

        return (best.At, best.Beyond);
    }

    // The first rows of the cluster that gain most for each row, against running alone.
    private int BestSize(List<int> members, List<int> unions)
    {
        (int Size, double Gain) best = (1, 0);
        foreach (int size in sizes.Where(s => s <= members.Count))
        {
            double gain = ((members.Take(size).Sum(r => supports.Taps[r]) * tapCosts[1]) - (unions[size - 1] * tapCosts[size])) / size;
            if (gain > best.Gain)
            {
                best = (size, gain);
            }
        }

        return best.Size;
    }
}
