using System.Diagnostics;
using System.Globalization;
using System.Text;
using PruneCompiler.Emit;

namespace PruneCompiler.Cli.Commands;

/// <summary>The measured time of each step of a plan as a table for a terminal.</summary>
internal static class StepTable
{
    /// <summary>Steps by falling time, with their multiply-adds a second where they are a layer's, then the sum of each kernel.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="ticks">Least time of each step method over all runs, which other work on the machine disturbs least, in ticks of <see cref="Stopwatch"/>.</param>
    public static string Text(ModelPlan plan, IReadOnlyList<long> ticks)
    {
        var layers = new Dictionary<string, LayerRow>(StringComparer.Ordinal);
        foreach (LayerRow layer in plan.Layers)
        {
            layers.TryAdd(layer.Name, layer);
        }

        Step[] steps = [.. plan.Steps.Methods()];
        double all = Math.Max(1, ticks.Sum());
        var text = new StringBuilder();
        foreach (int i in Enumerable.Range(0, steps.Length).OrderByDescending(i => ticks[i]))
        {
            string about = steps[i].About.FirstOrDefault() ?? "";
            double milliseconds = ticks[i] * 1e3 / Stopwatch.Frequency;
            string rate = layers.TryGetValue(about.Split(": ")[0], out LayerRow? layer) && about.Contains(layer.Strategy, StringComparison.Ordinal)
                ? (layer.MacsAfter / milliseconds / 1e6).ToString("0.0", CultureInfo.InvariantCulture) + " G/s"
                : "";
            Row(text, milliseconds, ticks[i] / all, rate, Kernel(steps[i]), about);
        }

        text.AppendLine();
        foreach (var kernel in Enumerable.Range(0, steps.Length).GroupBy(i => Kernel(steps[i])).OrderByDescending(g => g.Sum(i => ticks[i])))
        {
            long sum = kernel.Sum(i => ticks[i]);
            Row(text, sum * 1e3 / Stopwatch.Frequency, sum / all, "", kernel.Key, $"{kernel.Count()} steps");
        }

        return text.ToString();
    }

    private static void Row(StringBuilder text, double milliseconds, double share, string rate, string kernel, string what) =>
        text.AppendLine(string.Create(CultureInfo.InvariantCulture, $"{milliseconds,9:0.0000} ms {100 * share,5:0.0} % {rate,10}  {kernel,-24} {what}"));

    private static string Kernel(Step step) => step.Body switch
    {
        CallBody call => call.Method,
        MapBody => "map",
        ReduceBody => "reduce",
        _ => "",
    };
}
