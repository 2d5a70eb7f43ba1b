using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Schedule;

/// <summary>Steps over rows that may run in bands: what they read of each other, and which of their activations need not be whole.</summary>
internal sealed class RowChain
{
    private readonly RowFacts facts;
    private readonly RowStep[] rows;
    private readonly List<int> windows;
    private readonly List<Storage> outside;

    private RowChain(RowFacts facts, IReadOnlyList<Step> steps, RowStep[] rows, List<BandRead> reads, List<int> windows, List<Storage> outside)
    {
        (this.facts, Steps, this.rows, Reads, this.windows, this.outside) = (facts, steps, rows, reads, windows, outside);
    }

    /// <summary>The steps, in order.</summary>
    public IReadOnlyList<Step> Steps { get; }

    /// <summary>What they read of each other, those of later readers first.</summary>
    public List<BandRead> Reads { get; }

    /// <summary>Bytes of weights that every band reads.</summary>
    public long Weights => rows.Sum(r => r.Weights);

    /// <summary>Bytes that come from beyond the cache and go there, where the steps run in bands: what others hand over and what others need.</summary>
    public long Bytes => outside.Sum(facts.Beyond) + Enumerable.Range(0, rows.Length).Except(windows).Sum(i => 2 * facts.Beyond(rows[i].Writes));

    /// <summary>The chain of these steps, or null where they cannot run in bands.</summary>
    public static RowChain? Of(RowFacts facts, IReadOnlyList<Step> steps)
    {
        RowStep[] rows = [.. steps.Select(s => facts.Rows[s.Name])];
        var written = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].Writes.Place is not BufferPlace place || !written.TryAdd(place.Buffer, i))
            {
                return null; // parts of one activation
            }
        }

        var reads = new List<BandRead>();
        var outside = new List<Storage>();
        for (int i = 0; i < rows.Length; i++)
        {
            var known = new HashSet<string>(StringComparer.Ordinal) { ((BufferPlace)rows[i].Writes.Place).Buffer };
            foreach (RowRead read in rows[i].Reads)
            {
                int source = Array.FindIndex(rows, 0, i, r => read.Is(r.Writes));
                if (source >= 0)
                {
                    reads.Insert(0, new BandRead(i, source, read.Reach));
                    known.Add(((BufferPlace)rows[source].Writes.Place).Buffer);
                }
                else if (outside.All(o => o.Place != read.Storage.Place))
                {
                    outside.Add(read.Storage);
                }
            }

            // Anything else that the steps write, a part of it, or what is written later: its rows are not known.
            if (facts.Touched(steps[i]).Any(b => written.ContainsKey(b) && !known.Contains(b)) || rows[i].Reads.Any(r => r.Storage.Place is BufferPlace p && written.TryGetValue(p.Buffer, out int w) && w == i))
            {
                return null;
            }
        }

        if (Enumerable.Range(0, rows.Length - 1).Any(i => reads.All(r => r.Source != i)))
        {
            return null;
        }

        List<int> windows = [.. Enumerable.Range(0, rows.Length - 1).Where(i => facts.IsOnlyFor(rows[i].Writes, steps))];
        return new RowChain(facts, steps, rows, reads, windows, outside);
    }

    /// <summary>Bytes that a band of so many rows of the last step touches; null where kernels would get less than a tile, so that bands do not pay.</summary>
    public long? Touched(int band)
    {
        int last = rows.Length - 1;
        for (int i = 0; i <= last; i++)
        {
            int each = band * Count(i) / Count(last);
            if (each < rows[i].Tile || each % rows[i].Tile != 0)
            {
                return null;
            }
        }

        (int[] kept, int[] computed) = Walk(band, threads: 1);
        long bytes = windows.Sum(i => kept[i] * RowBytes(i)) + Enumerable.Range(0, rows.Length).Except(windows).Sum(i => computed[i] * RowBytes(i));
        return bytes + outside.Sum(o => facts.Bytes(o) * band / Count(last));
    }

    /// <summary>Bytes of rows that windows move to their begin for each band.</summary>
    public long Moved(int band)
    {
        (int[] kept, int[] computed) = Walk(band, threads: 1);
        return windows.Sum(i => (kept[i] - computed[i]) * RowBytes(i));
    }

    /// <summary>The windows for bands of so many rows.</summary>
    public List<BandWindow> Windows(int band)
    {
        int[] most = new int[rows.Length];
        for (int threads = 1; threads <= Math.Max(1, Count(rows.Length - 1) / (2 * band)); threads++)
        {
            int[] kept = Walk(band, threads).Kept;
            most = [.. most.Zip(kept, Math.Max)];
        }

        return [.. windows.Where(i => most[i] < Count(i)).Select(i =>
        {
            PanelLayout layout = rows[i].Writes.Panel!;
            int tail = checked((int)(layout.Length - layout.Lead - layout.ImageStride));
            return new BandWindow(i, ((BufferPlace)rows[i].Writes.Place).Buffer, layout.Lead, tail, layout.RowStride, most[i], layout.Border.Top, layout.Height, layout.Border.Bottom);
        })];
    }

    private int Count(int step) => Steps[step].Range!.Count;

    private long RowBytes(int step) => facts.Bytes(rows[step].Writes) / Count(step);

    // The most rows that a band keeps and computes of each activation, on any thread.
    private (int[] Kept, int[] Computed) Walk(int band, int threads)
    {
        int[] counts = [.. Steps.Select(s => s.Range!.Count)];
        int[] reads = [.. Reads.SelectMany(r => new[] { r.Reader, r.Source, r.Reach.Stride, r.Reach.Above, r.Reach.Below })];
        int[] kept = new int[counts.Length], computed = new int[counts.Length];
        for (int thread = 0; thread < threads; thread++)
        {
            TeamPart part = threads == 1 ? default : new TeamPart(new ThreadCrew(threads), thread, threads);
            for (var walk = new RowBands(part, band, counts, reads); walk.Next();)
            {
                for (int i = 0; i < counts.Length; i++)
                {
                    PanelBorder border = rows[i].Writes.Panel?.Border ?? default;
                    int below = walk.End(i) == counts[i] ? border.Bottom : 0;
                    kept[i] = Math.Max(kept[i], walk.End(i) + below - Math.Max(walk.Needed(i), -border.Top));
                    computed[i] = Math.Max(computed[i], walk.End(i) - walk.First(i));
                }
            }
        }

        return (kept, computed);
    }
}
