namespace PruneCompiler.Report;

/// <summary>Finds whether a layer falls into parts that share neither inputs nor outputs.</summary>
internal static class Components
{
    /// <summary>Parts with at least two rows and two input channels each; 1 when there is no such division.</summary>
    public static int Count(LiveMatrix m)
    {
        // Rows come first, then input channels: the two sides of the bipartite graph of weights.
        int[] inputs = [.. m.ColumnOf.Select(c => c / m.Taps)];
        int first = m.Rows, size = m.Rows + (inputs.Length == 0 ? 0 : inputs.Max() + 1);
        int[] parent = [.. Enumerable.Range(0, size)];
        int Find(int i)
        {
            while (parent[i] != i)
            {
                i = parent[i] = parent[parent[i]];
            }

            return i;
        }

        for (int r = 0; r < m.Rows; r++)
        {
            for (int c = 0; c < m.Columns; c++)
            {
                if (m.Values[(r * m.Columns) + c] != 0)
                {
                    parent[Find(r)] = Find(first + inputs[c]);
                }
            }
        }

        var rows = Enumerable.Range(0, m.Rows).GroupBy(Find).Where(g => g.Count() > 1).Select(g => g.Key).ToHashSet();
        int modules = inputs.Distinct().Select(i => Find(first + i)).GroupBy(p => p).Count(g => g.Count() > 1 && rows.Contains(g.Key));
        return Math.Max(1, modules);
    }
}
