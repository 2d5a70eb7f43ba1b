using PruneCompiler.Emit;

namespace PruneCompiler.Plan.Schedule;

/// <summary>Decides which steps the threads of a team share, and where they have to wait for each other.</summary>
internal static class ThreadSharing
{
    /// <summary>A step that costs less is left to one thread: meeting takes the threads some 1,000 cycles, and their parts come out of each other's caches.</summary>
    public const long LeastCycles = 20_000;

    // To wake threads that sleep takes some 20 us; a model that runs a few times that long is not worth a team.
    private const long LeastModelCycles = 400_000;

    /// <summary>The steps, with what threads share marked.</summary>
    /// <param name="steps">Steps whose scratch buffers have their places.</param>
    /// <param name="buffers">The buffers.</param>
    /// <param name="always">Share all that can be shared, however small (for tests).</param>
    public static List<Step> Run(IReadOnlyList<Step> steps, IReadOnlyList<BufferPlan> buffers, bool always)
    {
        long least = always ? 0 : LeastCycles;
        bool IsWorthIt(Step step) => step.Range is { Count: > 1 } range && range.Cycles >= least;
        if (!always && steps.Where(IsWorthIt).Sum(s => s.Range!.Cycles) < LeastModelCycles)
        {
            return [.. steps];
        }

        var memory = new StepMemory(buffers);
        var result = new List<Step>();
        var unmet = new List<Step>(); // what the threads did since they met last
        foreach (Step step in steps)
        {
            bool shared = IsWorthIt(step);
            bool waits = unmet.Any(other => (shared || other.Shared) && memory.Meet(other, step));
            if (waits)
            {
                unmet.Clear();
            }

            Step marked = step with { Shared = shared, Waits = waits };
            result.Add(marked);
            unmet.Add(marked);
        }

        return result;
    }
}
