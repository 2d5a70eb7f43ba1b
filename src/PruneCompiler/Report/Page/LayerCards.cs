using System.Globalization;
using System.Text;
using PruneCompiler.Emit;
using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Report;

/// <summary>A card per layer: its weights as a picture, what was found, what was decided and why.</summary>
internal static class LayerCards
{
    // So that a page of hundreds of layers stays small.
    private const int FewLayers = 24, LargeMap = 128, SmallMap = 72;

    /// <summary>The cards of all layers.</summary>
    public static string Cards(IReadOnlyList<LayerFacts> layers)
    {
        int limit = layers.Count <= FewLayers ? LargeMap : SmallMap;
        return string.Concat(layers.Select((layer, index) => Card(layer, index, limit)));
    }

    /// <summary>What runs the layer and why, with the runner-up, as one sentence.</summary>
    public static string Why(LayerFacts layer)
    {
        LayerRow row = layer.Row;
        string reason = row.Reason.StartsWith(row.Strategy, StringComparison.Ordinal) ? row.Reason : $"{row.Strategy}: {row.Reason}";
        Prediction? mine = layer.Predictions.FirstOrDefault(p => p.Strategy == row.Strategy), next = layer.Predictions.FirstOrDefault(p => p.Strategy != row.Strategy);
        return mine is null || next is null || mine.Cycles <= 0 || reason.Contains(next.Strategy + " predicted", StringComparison.Ordinal) || reason.EndsWith("over " + next.Strategy, StringComparison.Ordinal)
            ? reason + "."
            : reason + string.Create(CultureInfo.InvariantCulture, $". Runner-up: {next.Strategy}, predicted to take {next.Cycles / mine.Cycles:0.0#} times as long.");
    }

    private static string Card(LayerFacts layer, int index, int limit)
    {
        LayerRow row = layer.Row;
        var card = new StringBuilder();
        card.Append(CultureInfo.InvariantCulture, $"<article class=\"layer\" id=\"layer-{index}\" tabindex=\"-1\"><h3>{Html.Text(row.Name)}</h3>\n<p class=\"what\">{Html.Text(row.Operator)}");
        if (layer.Original is { } original)
        {
            card.Append(CultureInfo.InvariantCulture, $" · {Html.Text($"{original.InputShape} \u2192 {original.OutputShape}")}");
        }

        card.Append("</p>\n");
        if (layer.Original is { Structure.Weights: > 0 } weighted)
        {
            Pictures(card, weighted, limit);
            card.Append("<ul class=\"chips\">").Append(string.Concat(weighted.Structure.Chips().Select(c => $"<li>{Html.Text(c)}</li>"))).Append("</ul>\n");
        }

        card.Append(CultureInfo.InvariantCulture, $"<p class=\"why\">{Html.Text(Why(layer))}</p>\n<dl>");
        Figure(card, "Multiply-adds", $"{Html.Short(row.MacsAfter)} of {Html.Short(row.MacsBefore)}");
        if (row.WeightsBefore > 0)
        {
            Figure(card, "Weights", $"{Html.Short(row.WeightsAfter)} of {Html.Short(row.WeightsBefore)}");
            Figure(card, "Bytes", $"{Html.Bytes(row.BytesAfter)} of {Html.Bytes(row.BytesBefore)}");
        }

        if (row.ChannelsBefore > 0)
        {
            Figure(card, "Channels out", $"{row.ChannelsAfter} of {row.ChannelsBefore}");
        }

        if (layer.Original is { InputChannels: > 0 } o)
        {
            Figure(card, "Channels in", $"{o.KeptInputs?.Length ?? o.InputChannels} of {o.InputChannels}");
        }

        if (layer.Original is { Structure: { Weights: > 0 } s })
        {
            Figure(card, "<abbr title=\"How unequal the magnitudes are: 0 all equal, 1 few carry everything (Diao et al. 2023)\">PQ index</abbr>", s.PqIndex.ToString("0.00", CultureInfo.InvariantCulture));
        }

        return card.Append("</dl></article>\n").ToString();
    }

    private static void Pictures(StringBuilder card, OriginalLayer layer, int limit)
    {
        card.Append("<div class=\"pictures\">");
        foreach (Lazy<WeightMatrix> weights in layer.Weights)
        {
            WeightMatrix w = weights.Value;
            string size = w.Kernel.Length == 0 ? $"{w.Outputs} \u00d7 {w.Inputs}" : $"{w.Outputs} \u00d7 {w.Inputs} \u00d7 {string.Join('\u00d7', w.Kernel)}";
            card.Append(CultureInfo.InvariantCulture, $"<figure>{ZeroMap.Image(layer, w, limit)}<figcaption>{size}</figcaption></figure>");
        }

        double[] shares = layer.Structure.PositionShares;
        int[] kernel = layer.Weights[0].Value.Kernel;
        if (shares.Length is > 1 and <= 49 && shares.Min() < 0.98)
        {
            int columns = kernel[^1];
            card.Append(CultureInfo.InvariantCulture, $"<figure><div class=\"positions\" style=\"grid-template-columns:repeat({columns},16px)\" role=\"img\" aria-label=\"Share of kernels that keep each position\">");
            foreach (double share in shares)
            {
                card.Append(CultureInfo.InvariantCulture, $"<i title=\"{Html.Percent(share, 1)}\"><b style=\"display:block;opacity:{Html.Length(share)}\"></b></i>");
            }

            card.Append("</div><figcaption>kept positions</figcaption></figure>");
        }

        card.Append("</div>\n");
    }

    private static void Figure(StringBuilder card, string name, string value) => card.Append(CultureInfo.InvariantCulture, $"<div><dt>{name}</dt><dd>{value}</dd></div>");
}
