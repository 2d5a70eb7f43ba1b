using System.Diagnostics;

namespace PruneCompiler.Calibrate;

/// <summary>
/// Times in processor cycles: the length of a cycle is that of a dependent addition. All is measured in several passes over the same actions in the same order, and the least time
/// of an action over all passes counts: what disturbs one pass is gone in the next.
/// </summary>
internal sealed class CycleTimer
{
    private const int Rounds = 10_000;

    private readonly List<double> least = [];
    private double secondsPerCycle = double.MaxValue;
    private double secondsEach;
    private bool counts;
    private int next;

    /// <summary>Runs the actions before anything counts: the runtime compiles methods with optimisation in the background, some time after their first calls.</summary>
    public void BeginWarmUp()
    {
        Seconds(CycleLength);
    }

    /// <summary>Begins a pass that counts.</summary>
    /// <param name="seconds">How long each action is measured.</param>
    public void BeginPass(double seconds)
    {
        counts = true;
        next = 0;
        secondsEach = seconds;
        secondsPerCycle = Math.Min(secondsPerCycle, Seconds(CycleLength) / (16.0 * Rounds));
    }

    /// <summary>The least time of one call in this pass and those before.</summary>
    public double Cycles(Action action)
    {
        double seconds = Seconds(action);
        if (!counts)
        {
            return seconds;
        }

        if (next == least.Count)
        {
            least.Add(seconds);
        }

        least[next] = Math.Min(least[next], seconds);
        return least[next++] / secondsPerCycle;
    }

    private double Seconds(Action action)
    {
        for (int i = 0; i < 40; i++)
        {
            action();
        }

        double best = double.MaxValue;
        var total = Stopwatch.StartNew();
        int calls = 1;
        do
        {
            long start = Stopwatch.GetTimestamp();
            for (int c = 0; c < calls; c++)
            {
                action();
            }

            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            best = Math.Min(best, seconds / calls);
            calls = seconds < 0.0005 ? calls * 2 : calls; // long enough for the clock, short enough to miss interruptions
        }
        while (total.Elapsed.TotalSeconds < secondsEach);

        return best;
    }

    private static void CycleLength() => GC.KeepAlive(Chain(3, 5, Rounds));

    // 16 operations a round, each of which waits for the one before and takes one cycle everywhere. No constants: some processors add those for nothing.
    private static ulong Chain(ulong a, ulong b, int rounds)
    {
        ulong x = a;
        for (int i = 0; i < rounds; i++)
        {
            x = ((((((((x + a) ^ b) + a) ^ b) + a) ^ b) + a) ^ b) + a;
            x = ((((((x ^ b) + a) ^ b) + a) ^ b) + a) ^ b;
        }

        return x;
    }
}
