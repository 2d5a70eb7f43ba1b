// needs: ThreadTeam
using System;

namespace PruneCompiler.Runtime;

/// <summary>
/// Walks layers over the rows of images band by band: a few rows of the last layer, and of each layer before it the rows that later ones then need and that no band before
/// computed. What one layer wrote is then still in the cache when the next ones read it.
/// </summary>
/// <remarks>
/// Each thread of a team takes a run of the last layer's rows and computes all that these need. Where two runs meet, both compute what both need: they never wait for each
/// other, and write the same bits where they write to the same memory.
/// </remarks>
/// <param name="part">Which part of the rows.</param>
/// <param name="band">Rows of the last layer in a band.</param>
/// <param name="rows">For each layer its rows. All layers but the last are read by later ones.</param>
/// <param name="reads">
/// What layers read of earlier ones, those of later readers first: reader, source, stride, above, below. Row y of the reader needs the source's rows from y * stride - above to
/// y * stride + below; rows outside of the image count as zeros and are nobody's work.
/// </param>
internal unsafe ref struct RowBands(TeamPart part, int band, ReadOnlySpan<int> rows, ReadOnlySpan<int> reads)
{
    /// <summary>Most layers of a chain.</summary>
    public const int MostLayers = 32;

    private const int Fields = 5;

    private readonly ReadOnlySpan<int> rows = rows, reads = reads;
    private fixed int first[MostLayers];
    private fixed int end[MostLayers];
    private fixed int limit[MostLayers];
    private fixed int needed[MostLayers];
    private bool started;

    /// <summary>Goes to the next band; false when there is none.</summary>
    public bool Next()
    {
        int last = rows.Length - 1;
        if (!started)
        {
            // A thread whose rows are fewer than two bands would mostly compute what its neighbours do too.
            started = true;
            int most = Math.Max(1, rows[last] / (2 * band));
            fixed (int* ends = end, limits = limit)
            {
                Cut(part.First(rows[last], most), ends);
                Cut(part.End(rows[last], most), limits);
            }
        }

        if (end[last] >= limit[last])
        {
            return false;
        }

        for (int i = 0; i < last; i++)
        {
            needed[i] = 0;
        }

        // The last band of a run also takes the rows that no layer here reads: others may.
        needed[last] = Math.Min(limit[last], end[last] + band);
        bool final = needed[last] == limit[last];
        for (int i = last, read = 0; i >= 0; i--)
        {
            first[i] = end[i];
            end[i] = Math.Max(first[i], Math.Min(rows[i], final ? Math.Max(needed[i], limit[i]) : needed[i]));
            for (; read < reads.Length && reads[read] == i; read += Fields)
            {
                int source = reads[read + 1];
                needed[source] = end[i] == 0 ? 0 : Math.Max(needed[source], ((end[i] - 1) * reads[read + 2]) + reads[read + 4] + 1);
            }
        }

        // From here on: the first row of each layer that this band reads or computes.
        for (int i = 0; i <= last; i++)
        {
            needed[i] = first[i];
        }

        for (int read = 0; read < reads.Length; read += Fields)
        {
            int source = reads[read + 1];
            needed[source] = Math.Min(needed[source], (first[reads[read]] * reads[read + 2]) - reads[read + 3]);
        }

        return true;
    }

    /// <summary>First row of a layer in this band.</summary>
    public readonly int First(int layer) => first[layer];

    /// <summary>Row to stop at. A band may have no rows of a layer.</summary>
    public readonly int End(int layer) => end[layer];

    /// <summary>The first row of a layer that this or a later band still reads; negative where that is padding above the image.</summary>
    public readonly int Needed(int layer) => needed[layer];

    // Where a run begins in each layer when it begins at the given row of the last one: with all that it reads.
    private readonly void Cut(int row, int* at)
    {
        int last = rows.Length - 1;
        for (int i = 0; i <= last; i++)
        {
            at[i] = rows[i];
        }

        if (row >= rows[last])
        {
            return;
        }

        at[last] = row;
        for (int read = 0; read < reads.Length; read += Fields)
        {
            int source = reads[read + 1];
            at[source] = row == 0 ? 0 : Math.Min(at[source], Math.Max(0, (at[reads[read]] * reads[read + 2]) - reads[read + 3]));
        }
    }
}
