using System.Globalization;
using System.Text;
using PruneCompiler.Emit;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Commands;

/// <summary>The layers of a plan as a table for a terminal.</summary>
internal static class LayerTable
{
    public static string Text(CompiledModel model)
    {
        ModelPlan plan = model.Plan;
        var rows = new List<string[]> { new[] { "layer", "operator", "output", "weights", "channels", "MACs before", "after", "bytes before", "after", "found in the model", "strategy and reason" } };
        foreach ((LayerRow l, OriginalLayer? original, _) in LayerFacts.Of(model))
        {
            string found = original is { Structure.Weights: > 0 } ? string.Join(", ", original.Structure.Chips()) : "";
            string zeros = l.WeightsBefore == 0 ? "" : Share(l.WeightsAfter, l.WeightsBefore);
            string channels = l.ChannelsBefore == 0 ? "" : $"{l.ChannelsAfter}/{l.ChannelsBefore}";
            rows.Add([l.Name, l.Operator, l.Shape, zeros, channels, N(l.MacsBefore), N(l.MacsAfter), N(l.BytesBefore), N(l.BytesAfter), found, l.Reason.StartsWith(l.Strategy, StringComparison.Ordinal) ? l.Reason : $"{l.Strategy}: {l.Reason}"]);
        }

        long before = plan.Layers.Sum(l => l.MacsBefore), after = plan.Layers.Sum(l => l.MacsAfter);
        rows.Add(["total", "", "", Share(plan.Layers.Sum(l => l.WeightsAfter), plan.Layers.Sum(l => l.WeightsBefore)), "", N(before), N(after), N(plan.Layers.Sum(l => l.BytesBefore)), N(plan.Layers.Sum(l => l.BytesAfter)), "", ""]);
        int[] widths = Enumerable.Range(0, rows[0].Length).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            text.AppendLine(string.Join("  ", row.Select((cell, c) => c is > 2 and < 9 ? cell.PadLeft(widths[c]) : cell.PadRight(widths[c]))).TrimEnd());
        }

        foreach (string note in plan.Notes)
        {
            text.AppendLine(note);
        }

        text.Append(CultureInfo.InvariantCulture, $"scratch {N(plan.MemoryBytes)} bytes, weights resource {N(plan.Weights.Bytes)} bytes");
        return text.ToString();
    }

    private static string Share(long part, long all) => all == 0 ? "" : (100.0 * part / all).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string N(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
