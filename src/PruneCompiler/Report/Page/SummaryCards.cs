using System.Globalization;
using System.Text;
using PruneCompiler.Emit;

namespace PruneCompiler.Report;

/// <summary>The figures of the whole model.</summary>
internal static class SummaryCards
{
    /// <summary>The sentence below the title.</summary>
    public static string Lead(ModelPlan plan)
    {
        long before = plan.Layers.Sum(l => l.MacsBefore), after = plan.Layers.Sum(l => l.MacsAfter);
        if (before == 0)
        {
            return "This model has no layers that multiply by weights.";
        }

        return after == before
            ? $"The generated code does all of the model's {Html.Short(before)} multiply-adds: no weight is zero and no channel can go."
            : $"The generated code does {Html.Short(after)} of the model's {Html.Short(before)} multiply-adds; {Html.Percent(before - after, before)} are gone.";
    }

    /// <summary>The cards.</summary>
    public static string Cards(CompiledModel model, IReadOnlyList<LayerFacts> layers, ReportTimes? times)
    {
        ModelPlan plan = model.Plan;
        long macsBefore = plan.Layers.Sum(l => l.MacsBefore), macs = plan.Layers.Sum(l => l.MacsAfter);
        var cards = new StringBuilder();
        Shrunk(cards, "Multiply-adds", macsBefore, macs, Html.Short);
        Shrunk(cards, "Weights", plan.Layers.Sum(l => l.WeightsBefore), plan.Layers.Sum(l => l.WeightsAfter), Html.Short);
        Shrunk(cards, "Bytes of weights, packed", plan.Layers.Sum(l => l.BytesBefore), plan.Layers.Sum(l => l.BytesAfter), Html.Bytes);
        Card(cards, "Scratch memory", Html.Bytes(plan.MemoryBytes), "", $"resource of {Html.Bytes(plan.Weights.Bytes)} in the assembly");
        if (times is not null)
        {
            string share = times.ShareOfRemoved(macsBefore, macs) is { } s ? $"; {Html.Percent(s, 1)} of the removed work became time" : "";
            Card(cards, "Measured speed", Times(times.Speedup), "over dense", $"{Milliseconds(times.Milliseconds)} against {Milliseconds(times.DenseMilliseconds)} on the machine that made this page{share}");
        }
        else if (LayerShares.Predicted(layers) is { } speedup)
        {
            Card(cards, "Predicted speed", Times(speedup), "over dense", "by the cost model, for the layers that it knows");
        }

        return cards.ToString();
    }

    private static void Shrunk(StringBuilder cards, string name, long before, long after, Func<long, string> show)
    {
        double share = before == 0 ? 0 : Math.Min(100, 100.0 * after / before);
        Card(cards, name, show(after), $"of {show(before)}", $"<span class=\"meter\"><span style=\"width:{Html.Length(share)}%\"></span></span>{Html.Percent(after, before)} left");
    }

    private static void Card(StringBuilder cards, string name, string value, string unit, string sub) =>
        cards.Append(CultureInfo.InvariantCulture, $"<div class=\"card\"><span class=\"name\">{Html.Text(name)}</span><span class=\"value\">{value} <small>{unit}</small></span><span class=\"sub\">{sub}</span></div>\n");

    private static string Times(double factor) => factor.ToString(factor < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + "\u00d7";

    private static string Milliseconds(double value) => value.ToString(value < 1 ? "0.000" : "0.00", CultureInfo.InvariantCulture) + "\u202fms";
}
