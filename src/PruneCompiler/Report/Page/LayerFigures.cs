using System.Globalization;
using System.Text;
using PruneCompiler.Emit;

namespace PruneCompiler.Report;

/// <summary>The bars of all layers, and the table of all figures.</summary>
internal static class LayerFigures
{
    private static readonly (string Name, bool Number)[] Columns =
    [
        ("Layer", false), ("Operator", false), ("Output", false), ("MACs before", true), ("MACs after", true), ("Left", true), ("Weights", true), ("Kept", true),
        ("Bytes before", true), ("Bytes after", true), ("Channels", true), ("Sparsity", true), ("PQ index", true), ("Strategy", false), ("Reason", false),
    ];

    /// <summary>A bar per layer: as long as its multiply-adds, filled as far as they are executed.</summary>
    public static string Bars(IReadOnlyList<LayerFacts> layers)
    {
        long most = Math.Max(1, layers.Select(l => l.Row.MacsBefore).DefaultIfEmpty(1).Max());
        var bars = new StringBuilder();
        foreach ((LayerFacts layer, int index) in layers.Select((l, i) => (l, i)))
        {
            LayerRow row = layer.Row;
            double before = 100.0 * row.MacsBefore / most, after = 100.0 * Math.Min(row.MacsAfter, most) / most;
            bars.Append(CultureInfo.InvariantCulture, $"<a class=\"bar\" href=\"#layer-{index}\"><span class=\"label\"><bdi>{Html.Text(row.Name)}</bdi></span><span class=\"track\"><i style=\"width:{Html.Length(before)}%\"></i><i style=\"width:{Html.Length(after)}%\"></i></span>");
            bars.Append(CultureInfo.InvariantCulture, $"<span class=\"figure\">{Html.Short(row.MacsAfter)} of {Html.Short(row.MacsBefore)} · {Html.Percent(row.MacsAfter, row.MacsBefore)}</span></a>\n");
        }

        return bars.ToString();
    }

    /// <summary>The table.</summary>
    public static string Table(IReadOnlyList<LayerFacts> layers)
    {
        var table = new StringBuilder("<table><thead><tr>");
        foreach ((string name, bool number) in Columns)
        {
            table.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\"{(number ? " class=\"number\"" : "")}><button type=\"button\">{name}</button></th>");
        }

        table.Append("</tr></thead><tbody>\n");
        foreach (LayerFacts layer in layers)
        {
            LayerRow r = layer.Row;
            StructureFacts? s = layer.Original is { Structure.Weights: > 0 } o ? o.Structure : null;
            table.Append("<tr>");
            Words(table, r.Name, r.Operator, r.Shape);
            Numbers(table, (r.MacsBefore, Html.Number(r.MacsBefore)), (r.MacsAfter, Html.Number(r.MacsAfter)), (Ratio(r.MacsAfter, r.MacsBefore), Html.Percent(r.MacsAfter, r.MacsBefore)));
            Numbers(table, (r.WeightsBefore, Html.Number(r.WeightsBefore)), (r.WeightsAfter, Html.Number(r.WeightsAfter)), (r.BytesBefore, Html.Number(r.BytesBefore)), (r.BytesAfter, Html.Number(r.BytesAfter)));
            Numbers(table, (r.ChannelsAfter, $"{r.ChannelsAfter} of {r.ChannelsBefore}"), (s?.Sparsity ?? 0, s is null ? "" : Html.Percent(s.Sparsity, 1)), (s?.PqIndex ?? 0, s?.PqIndex.ToString("0.00", CultureInfo.InvariantCulture) ?? ""));
            Words(table, r.Strategy);
            table.Append(CultureInfo.InvariantCulture, $"<td class=\"reason\">{Html.Text(LayerCards.Why(layer))}</td></tr>\n");
        }

        return table.Append("</tbody></table>").ToString();
    }

    private static double Ratio(long part, long all) => all == 0 ? 0 : part / (double)all;

    private static void Words(StringBuilder table, params ReadOnlySpan<string> words)
    {
        foreach (string word in words)
        {
            table.Append("<td>").Append(Html.Text(word)).Append("</td>");
        }
    }

    private static void Numbers(StringBuilder table, params ReadOnlySpan<(double Value, string Text)> numbers)
    {
        foreach ((double value, string text) in numbers)
        {
            table.Append(CultureInfo.InvariantCulture, $"<td class=\"number\" data-value=\"{value:R}\">{text}</td>");
        }
    }
}
