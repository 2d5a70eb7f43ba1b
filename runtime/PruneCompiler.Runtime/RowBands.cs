// needs: ThreadTeam
using System;

namespace PruneCompiler.Runtime;

/// <summary>
/// Walks a chain of layers band by band: a few rows of the last layer, and of each layer before it the rows that these need and that no band before computed. What one
/// layer wrote is then still in the cache when the next one reads it.
/// </summary>
/// <remarks>
/// Each thread of a team takes a run of the last layer's rows. Where two runs meet, the rows that both need belong to the lower one, which computes them in its first band
/// and needs nothing of the upper one; the upper one waits before its first band that reaches beyond its own rows. So that the lower first band is complete by then, a run
/// is at least two bands long, and a band at least as long as what the layers reach: threads beyond that have no rows.
/// </remarks>
/// <param name="part">Which part of the rows.</param>
/// <param name="band">Rows of the last layer in a band.</param>
/// <param name="layers">For each layer: its rows, then what it reads of the layer before: output row y reads from y * stride - above to y * stride + below, as stride, above, below.</param>
internal unsafe ref struct RowBands(TeamPart part, int band, ReadOnlySpan<int> layers)
{
    /// <summary>Most layers of a chain.</summary>
    public const int MostLayers = 16;

    private const int Fields = 4;

    private readonly ReadOnlySpan<int> layers = layers;
    private readonly int count = layers.Length / Fields;
    private fixed int first[MostLayers];
    private fixed int end[MostLayers];
    private fixed int limit[MostLayers];
    private bool started, waited;

    /// <summary>Goes to the next band; false when there is none.</summary>
    public bool Next()
    {
        int last = count - 1, rows = layers[last * Fields];
        if (!started)
        {
            started = true;
            int parts = Math.Max(1, rows / (2 * band));
            for (int i = 0; i < count; i++)
            {
                first[i] = end[i] = Cut(i, part.First(rows, parts));
                limit[i] = Cut(i, part.End(rows, parts));
            }
        }

        if (end[last] >= limit[last])
        {
            if (!waited)
            {
                waited = true;
                part.Wait();
            }

            return false;
        }

        // The last band of a run also takes the rows that no layer of the chain reads: others may.
        int needed = Math.Min(limit[last], end[last] + band);
        bool beyond = false, final = needed == limit[last];
        for (int i = last; i >= 0; i--)
        {
            needed = final ? Math.Max(needed, limit[i]) : needed;
            first[i] = end[i];
            end[i] = Math.Max(first[i], Math.Min(limit[i], needed));
            beyond |= needed > limit[i];
            if (i > 0)
            {
                needed = Math.Min(layers[(i - 1) * Fields], ((needed - 1) * layers[(i * Fields) + 1]) + layers[(i * Fields) + 3] + 1);
            }
        }

        if (beyond && !waited)
        {
            waited = true;
            part.Wait();
        }

        return true;
    }

    /// <summary>First row of a layer in this band.</summary>
    public readonly int First(int layer) => first[layer];

    /// <summary>Row to stop at. A band may have no rows of a layer.</summary>
    public readonly int End(int layer) => end[layer];

    // Where a run begins in a layer when it begins at the given row of the last one: with all that it reads.
    private readonly int Cut(int layer, int row)
    {
        if (row >= layers[(count - 1) * Fields])
        {
            return layers[layer * Fields];
        }

        for (int i = count - 1; i > layer && row > 0; i--)
        {
            row = Math.Max(0, (row * layers[(i * Fields) + 1]) - layers[(i * Fields) + 2]);
        }

        return Math.Min(row, layers[layer * Fields]);
    }
}
