using System.Globalization;
using PruneCompiler.Emit;

namespace PruneCompiler.Plan.Schedule;

/// <summary>
/// Finds chains of steps over rows whose activations do not fit the second-level cache, and runs them in bands: some rows through all steps, then the next rows. What one step
/// writes is then still in the cache when the next one reads it. Only the order of the work changes: results are the same bit by bit.
/// </summary>
internal sealed class DepthFirst
{
    // A quarter of the usual second-level cache: smaller activations are handed on inside of it anyway.
    private const long StaysInCache = 512 * 1024;

    // What a band touches; the rest of the cache is for weights.
    private const long MostBytesOfBand = 1024 * 1024;

    // Bytes a cycle that reading beyond the cache costs more than reading inside; measured on chains of ResNet-50 and MobileNetV2.
    private const double BytesPerCycle = 16;

    // Less is not worth the calls for each band.
    private const double LeastGain = 0.04;

    private static readonly int[] BandRows = [8, 6, 4, 3, 2];

    private readonly IReadOnlyDictionary<string, RowStep> rows;
    private readonly Dictionary<string, long> bytes;
    private readonly bool always;
    private readonly List<Step> result = [];
    private readonly List<Step> pending = []; // the chain, with the steps between that clear borders
    private readonly List<Step> chain = [];

    private DepthFirst(IReadOnlyDictionary<string, RowStep> rows, IReadOnlyList<BufferPlan> buffers, bool always)
    {
        this.rows = rows;
        this.always = always;
        bytes = buffers.ToDictionary(b => b.Name, b => b.Length * CSharpTypes.Size(b.Type), StringComparer.Ordinal);
    }

    /// <summary>The steps, with chains that gain from it in bands.</summary>
    /// <param name="steps">Steps in order.</param>
    /// <param name="rows">What is known of steps over rows, by their names.</param>
    /// <param name="buffers">The buffers.</param>
    /// <param name="always">Take every chain, whether it gains or not (for tests).</param>
    public static List<Step> Run(IReadOnlyList<Step> steps, IReadOnlyDictionary<string, RowStep> rows, IReadOnlyList<BufferPlan> buffers, bool always)
    {
        var pass = new DepthFirst(rows, buffers, always);
        foreach (Step step in steps)
        {
            pass.Add(step);
        }

        pass.Flush();
        return pass.result;
    }

    private void Add(Step step)
    {
        if (step.Range is { Unit: StepRange.Row, Count: > 1 } && rows.TryGetValue(step.Name, out RowStep? row))
        {
            if (chain.Count > 0 && (chain.Count == RowBandsLimit || !row.Reads[0].Is(rows[chain[^1].Name].Writes)))
            {
                Flush();
            }

            pending.Add(step);
            chain.Add(step);

            // What passes through here is small, or so much that the memory of all these activations at once would count.
            if (!always && (row.Reads.Count > 1 || (chain.Count > 1 && Bytes(row.Writes) <= StaysInCache)))
            {
                Flush();
            }
        }
        else if (chain.Count > 0 && ClearsBorder(step) && !chain.Any(s => Touches(s).Intersect(Touches(step)).Any()))
        {
            pending.Add(step);
        }
        else
        {
            Flush();
            result.Add(step);
        }
    }

    // The runtime keeps its places for so many.
    private static int RowBandsLimit => Runtime.RowBands.MostLayers;

    private void Flush()
    {
        long saved = SavedBytes();
        if (chain.Count > 1 && (always || saved / BytesPerCycle >= LeastGain * chain.Sum(s => s.Range!.Cycles)) && Rows() is { } band)
        {
            // Borders may be cleared earlier: all of the chain's memory is its own from its first step on.
            result.AddRange(pending.Where(s => !chain.Contains(s)));
            result.Add(Bands(band, saved));
        }
        else
        {
            result.AddRange(pending);
        }

        pending.Clear();
        chain.Clear();
    }

    private Step Bands(int band, long saved)
    {
        string names = string.Join(", ", chain.Select(s => s.Name));
        string about = string.Create(
            CultureInfo.InvariantCulture,
            $"{names}: {band} rows at a time through all of them, so that {saved / 1e6:0.0} MB less are read from beyond the cache.");
        return new Step(chain[0].Name + "Bands", [about], new BandsBody(band, [.. chain.Select(s => s with { Shared = true })], [.. chain.Select(s => rows[s.Name].Reads[0].Reach)]))
        {
            Range = new StepRange(StepRange.Row, chain[^1].Range!.Count, chain.Sum(s => s.Range!.Cycles)),
        };
    }

    // What is read inside of the cache and not from beyond: what the chain wrote itself, and what it reads again.
    private long SavedBytes()
    {
        var seen = new HashSet<Place>();
        long saved = 0;
        foreach (RowStep step in chain.Select(s => rows[s.Name]))
        {
            foreach (Storage read in step.Reads.Select(r => r.Storage))
            {
                saved += !seen.Add(read.Place) && Bytes(read) > StaysInCache ? Bytes(read) : 0;
            }

            seen.Add(step.Writes.Place);
        }

        return saved;
    }

    // The largest band that fits the cache and reaches at least as far as the layers do, or null.
    private int? Rows()
    {
        foreach (int band in BandRows)
        {
            if (Fits(band))
            {
                return band;
            }
        }

        return null;
    }

    private bool Fits(int band)
    {
        long touched = 0, length = band, reach = 0;
        var counted = chain.Select(s => rows[s.Name].Writes.Place).Append(rows[chain[0].Name].Reads[0].Storage.Place).ToHashSet();
        for (int i = chain.Count - 1; i >= 0; i--)
        {
            RowStep step = rows[chain[i].Name];
            touched += (length + reach) * RowBytes(step.Writes, chain[i].Range!.Count);
            (int stride, int above, int below) = step.Reads[0].Reach;
            reach = (reach * stride) + above + below;
            length *= stride;
            if (reach > length)
            {
                return false;
            }
        }

        // Input of the first, and operands that are added, which lie like the result.
        touched += (length + reach) * RowBytes(rows[chain[0].Name].Reads[0].Storage, Math.Max(1, checked((int)(chain[0].Range!.Count * length / Math.Max(1, band)))));
        touched += chain.Sum(s => rows[s.Name].Reads.Where(r => !counted.Contains(r.Storage.Place)).Sum(r => band * RowBytes(r.Storage, s.Range!.Count)));
        return always || touched <= MostBytesOfBand;
    }

    private long RowBytes(Storage storage, int count) => Bytes(storage) / count;

    private long Bytes(Storage storage) => storage.Place is BufferPlace place ? bytes[place.Buffer] : 0;

    private static bool ClearsBorder(Step step) => step.Body is CallBody { Method: "PanelBorders.Clear" or "PanelBorders.ClearGaps" };

    private static IEnumerable<string> Touches(Step step) => step.Body.Places().OfType<BufferPlace>().Select(p => p.Buffer);
}
