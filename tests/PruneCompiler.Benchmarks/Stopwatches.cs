using System.Diagnostics;

namespace PruneCompiler.Benchmarks;

/// <summary>Times alternatives against each other, round by round, so that noise hits all of them alike.</summary>
internal static class Stopwatches
{
    /// <summary>The best time of one call of each action, in seconds, in the order given.</summary>
    /// <param name="secondsEach">How long each action may run in all.</param>
    /// <param name="actions">What to time. Each is called often enough that one sample takes about 2 ms.</param>
    public static double[] Best(double secondsEach, params Action[] actions)
    {
        var calls = new int[actions.Length];
        var best = new double[actions.Length];
        for (var i = 0; i < actions.Length; i++)
        {
            // Tier 1 code and warm caches first: 40 calls, then a pause for the background compiler.
            for (var warm = 0; warm < 40; warm++)
            {
                actions[i]();
            }

            Thread.Sleep(150);
            var watch = Stopwatch.StartNew();
            var n = 0;
            while (watch.Elapsed.TotalSeconds < 0.01)
            {
                actions[i]();
                n++;
            }

            calls[i] = Math.Max(1, n / 5);
            best[i] = double.MaxValue;
        }

        var rounds = Math.Max(5, (int)(secondsEach / 0.002));
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < actions.Length; i++)
            {
                actions[i]();
                var start = Stopwatch.GetTimestamp();
                for (var c = 0; c < calls[i]; c++)
                {
                    actions[i]();
                }

                best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(start).TotalSeconds / calls[i]);
            }
        }

        return best;
    }
}
