namespace PruneCompiler.Report;

/// <summary>Where the boxes of a network's picture go: a row below all that they read from, and a lane of their own beside parallel branches.</summary>
internal static class NetworkLayout
{
    /// <summary>Row and lane of each box.</summary>
    public static (int Row, int Lane)[] Place(IReadOnlyList<PictureNode> nodes)
    {
        var rows = new int[nodes.Count];
        var lastReader = new int[nodes.Count];
        for (int i = 0; i < nodes.Count; i++)
        {
            rows[i] = nodes[i].Inputs.Count == 0 ? 0 : nodes[i].Inputs.Max(j => rows[j]) + 1;
            foreach (int j in nodes[i].Inputs)
            {
                lastReader[j] = Math.Max(lastReader[j], rows[i]);
            }
        }

        var lanes = new int[nodes.Count];
        var heads = new List<int>(); // the lowest box of each lane so far
        foreach (int i in Enumerable.Range(0, nodes.Count).OrderBy(i => rows[i]).ThenBy(i => i))
        {
            // A box goes on in the lane of what it reads; else in a lane whose last value nobody needs further down.
            int lane = heads.FindIndex(h => nodes[i].Inputs.Contains(h));
            lane = lane >= 0 ? lane : heads.FindIndex(h => lastReader[h] < rows[i] && rows[h] < rows[i]);
            if (lane < 0)
            {
                lane = heads.Count;
                heads.Add(i);
            }

            heads[lane] = i;
            lanes[i] = lane;
        }

        return [.. rows.Zip(lanes)];
    }
}
