using System.Globalization;
using PruneCompiler.Emit;

namespace PruneCompiler.Plan.Schedule;

/// <summary>
/// Runs steps over rows in bands: some rows through all steps of a chain, then the next rows. What one step writes is then still in the cache when the next ones read it, and
/// activations that nothing else reads need memory for a few rows only. Where chains begin and end, the bytes decide that go beyond the second-level cache. Only the order of
/// the work changes: results are the same bit by bit.
/// </summary>
/// <remarks>Depth-first execution, as in Alwani et al., "Fused-Layer CNN Accelerators", 2016; here with rows that are kept instead of computed again.</remarks>
internal sealed class DepthFirst
{
    // What a band touches, and with the weights: about half and three quarters of the usual second-level cache.
    private const long MostBytesOfBand = 1280 * 1024, MostBytesWithWeights = 1536 * 1024;

    // Bytes a cycle that memory beyond the cache costs more; measured on layers of ResNet-50, whose rows were all in the cache or not.
    private const double BytesPerCycle = 16;

    // Of a call for each band.
    private const double CyclesOfCall = 1000;

    // Less is not worth it.
    private const double LeastGain = 0.02;

    private static readonly int[] BandRows = [8, 6, 4, 3, 2, 1];

    private readonly RowFacts facts;
    private readonly List<BufferPlan> buffers;
    private readonly bool always;
    private readonly List<Step> result = [];
    private readonly List<Step> run = []; // neighbouring steps over rows
    private readonly List<(int Before, Step Step)> borders = []; // steps between them that clear borders

    private DepthFirst(RowFacts facts, List<BufferPlan> buffers, bool always) => (this.facts, this.buffers, this.always) = (facts, buffers, always);

    /// <summary>The steps, with chains that gain from it in bands.</summary>
    /// <param name="steps">Steps in order.</param>
    /// <param name="rows">What is known of steps over rows, by their names.</param>
    /// <param name="buffers">The buffers; those of which only some rows are kept become shorter.</param>
    /// <param name="always">Make chains as long as can be, whether they gain or not (for tests).</param>
    public static List<Step> Run(IReadOnlyList<Step> steps, IReadOnlyDictionary<string, RowStep> rows, List<BufferPlan> buffers, bool always)
    {
        var facts = new RowFacts(steps, rows, buffers);
        var pass = new DepthFirst(facts, buffers, always);
        foreach (Step step in steps)
        {
            if (facts.IsOverRows(step))
            {
                pass.run.Add(step);
            }
            else if (pass.run.Count > 0 && RowFacts.ClearsBorder(step) && !pass.run.SelectMany(facts.Touched).Intersect(facts.Touched(step)).Any())
            {
                pass.borders.Add((pass.run.Count, step));
            }
            else
            {
                pass.Flush();
                pass.result.Add(step);
            }
        }

        pass.Flush();
        return pass.result;
    }

    // The cheapest way to cut the run into chains and single steps.
    private void Flush()
    {
        var cost = new double[run.Count + 1];
        var from = new int[run.Count + 1];
        var ways = new (RowChain Chain, int Band)?[run.Count + 1];
        for (int end = 1; end <= run.Count; end++)
        {
            cost[end] = double.PositiveInfinity;
            for (int begin = end - 1; begin >= Math.Max(0, end - Runtime.RowBands.MostLayers); begin--)
            {
                (RowChain Chain, int Band)? way = null;
                double here = end - begin == 1 ? Single(run[begin]) : Best(begin, end, out way);
                if (cost[begin] + here < cost[end])
                {
                    (cost[end], from[end], ways[end]) = (cost[begin] + here, begin, way);
                }
            }
        }

        var cuts = new Stack<int>();
        for (int end = run.Count; end > 0; end = from[end])
        {
            cuts.Push(end);
        }

        foreach (int end in cuts)
        {
            List<Step> clear = [.. borders.Where(b => b.Before >= from[end] && b.Before < end).Select(b => b.Step)];
            if (ways[end] is var (chain, band))
            {
                Step bands = Bands(chain, band);
                HashSet<string> windows = [.. ((BandsBody)bands.Body).Windows.Select(w => w.Buffer)];

                // Borders may be cleared earlier: all of the chain's memory is its own from its first step on. Windows clear theirs.
                result.AddRange(clear.Where(s => !facts.Touched(s).Any(windows.Contains)));
                result.RemoveAll(s => RowFacts.ClearsBorder(s) && facts.Touched(s).Any(windows.Contains));
                result.Add(bands);
            }
            else
            {
                result.AddRange(clear);
                result.Add(run[end - 1]);
            }
        }

        result.AddRange(borders.Where(b => b.Before == run.Count).Select(b => b.Step));
        run.Clear();
        borders.Clear();
    }

    // Cycles that a step by itself waits for memory beyond the cache: what is written is brought in first and written back later.
    private double Single(Step step)
    {
        RowStep row = facts.Rows[step.Name];
        return always ? 1 : ((2 * facts.Beyond(row.Writes)) + row.Reads.Select(r => r.Storage).DistinctBy(s => s.Place).Sum(facts.Beyond)) / BytesPerCycle;
    }

    private double Best(int begin, int end, out (RowChain Chain, int Band)? way)
    {
        way = null;
        if (RowChain.Of(facts, run[begin..end]) is not { } chain)
        {
            return double.PositiveInfinity;
        }

        double least = double.PositiveInfinity;
        foreach (int band in BandRows)
        {
            if (always)
            {
                way = (chain, 1 + ((begin + end) % 3)); // any will do
                return 1;
            }

            if (chain.Touched(band) is not { } touched || touched > MostBytesOfBand)
            {
                continue;
            }

            int bands = (chain.Steps[^1].Range!.Count + band - 1) / band;
            long again = touched + chain.Weights <= MostBytesWithWeights ? 0 : chain.Weights * (bands - 1);
            double cycles = ((chain.Bytes + again + (chain.Moved(band) * bands)) / BytesPerCycle) + (CyclesOfCall * bands * chain.Steps.Count) + (LeastGain * chain.Steps.Sum(s => s.Range!.Cycles));
            if (cycles < least)
            {
                (least, way) = (cycles, (chain, band));
            }
        }

        return least;
    }

    private Step Bands(RowChain chain, int band)
    {
        List<BandWindow> windows = chain.Windows(band);
        long whole = 0, kept = 0;
        foreach (BandWindow window in windows)
        {
            int at = buffers.FindIndex(b => b.Name == window.Buffer);
            BufferPlan rows = buffers[at] with { Kind = BufferKind.Window, Length = window.Lead + (window.Capacity * window.RowLength) + window.Tail };
            (whole, kept) = (whole + buffers[at].Length, kept + rows.Length);
            buffers[at] = rows;
        }

        string names = string.Join(", ", chain.Steps.Select(s => s.Name)), rowsText = band == 1 ? "a row" : $"{band} rows";
        string about = windows.Count == 0
            ? $"{names}: {rowsText} at a time through all of them, so that what one writes is in the cache when others read it."
            : string.Create(CultureInfo.InvariantCulture, $"{names}: {rowsText} at a time through all of them, so that what lies between them stays in the cache: {kept * sizeof(float) / 1e3:0} kB of rows, not {whole * sizeof(float) / 1e6:0.0} MB.");
        Step last = chain.Steps[^1];
        return new Step(chain.Steps[0].Name + "Bands", [about], new BandsBody(band, [.. chain.Steps.Select(s => s with { Shared = true })], chain.Reads, windows))
        {
            Range = new StepRange(StepRange.Row, last.Range!.Count, chain.Steps.Sum(s => s.Range!.Cycles)),
        };
    }
}
