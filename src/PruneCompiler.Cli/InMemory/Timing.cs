using System.Diagnostics;

namespace PruneCompiler.Cli.InMemory;

/// <summary>Compares the times of two pieces of code by turns, so that a busy machine slows both.</summary>
internal static class Timing
{
    /// <summary>Median milliseconds of each.</summary>
    public static (double First, double Second) Pair(Action first, Action second, double seconds)
    {
        Action[] both = [first, second];
        foreach (Action run in both)
        {
            var warmUp = Stopwatch.StartNew();
            for (int i = 0; (i < 60 && warmUp.Elapsed.TotalSeconds < 5) || warmUp.Elapsed.TotalSeconds < 0.3; i++)
            {
                run();
            }
        }

        Thread.Sleep(150); // code of the higher tier arrives in the background
        List<double>[] times = [[], []];
        var total = Stopwatch.StartNew();
        do
        {
            for (int i = 0; i < 2; i++)
            {
                long start = Stopwatch.GetTimestamp();
                both[i]();
                times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
        while (total.Elapsed.TotalSeconds < seconds && times[0].Count < 1_000_000);
        times[0].Sort();
        times[1].Sort();
        return (times[0][times[0].Count / 2], times[1][times[1].Count / 2]);
    }
}
