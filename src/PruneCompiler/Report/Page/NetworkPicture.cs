using System.Globalization;
using System.Text;

namespace PruneCompiler.Report;

/// <summary>The network as an SVG: layers as boxes as wide as their channels, removed channels hatched, thinner colour where weights are zero.</summary>
internal static class NetworkPicture
{
    private const double RowHeight = 40, BoxHeight = 24, MostWidth = 130, LaneWidth = 330, Axis = 96;

    // More boxes than a browser, or a reader, can take.
    private const int Most = 800;

    /// <summary>The svg element.</summary>
    public static string Svg(Survey survey, IReadOnlyList<LayerFacts> layers)
    {
        List<PictureNode> nodes = [.. survey.Picture.Take(Most)];
        (int Row, int Lane)[] places = NetworkLayout.Place(nodes);
        double height = ((places.Max(p => p.Row) + 1) * RowHeight) + 12, width = (places.Max(p => p.Lane) + 1) * LaneWidth;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"network\" width=\"{Html.Length(width)}\" height=\"{Html.Length(height)}\" viewBox=\"0 0 {Html.Length(width)} {Html.Length(height)}\" role=\"group\" aria-label=\"The network's layers\">");
        svg.Append("<defs><pattern id=\"gone\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><rect class=\"hatch-ground\" width=\"6\" height=\"6\"/><rect class=\"hatch\" width=\"2\" height=\"6\"/></pattern></defs>\n");
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (int from in nodes[i].Inputs)
            {
                svg.Append(CultureInfo.InvariantCulture, $"<path class=\"edge\" d=\"{Edge(places[from], places[i])}\"/>");
            }
        }

        svg.Append('\n');
        var facts = layers.Select((l, index) => (l, index)).Where(l => l.l.Original is not null).ToDictionary(l => l.l.Original!, l => (l.l, l.index));
        double widest = Math.Max(1, survey.Layers.Select(l => l.Size.Channels).DefaultIfEmpty(1).Max());
        for (int i = 0; i < nodes.Count; i++)
        {
            (double x, double y) = (X(places[i].Lane), Y(places[i].Row));
            if (nodes[i].Layer < 0)
            {
                Junction(svg, nodes[i], x, y);
            }
            else if (facts.TryGetValue(survey.Layers[nodes[i].Layer], out (LayerFacts Facts, int Index) layer))
            {
                Box(svg, layer.Facts, layer.Index, x, y, widest);
            }
        }

        return svg.Append("</svg>").ToString();
    }

    private static void Box(StringBuilder svg, LayerFacts facts, int index, double x, double y, double widest)
    {
        OriginalLayer original = facts.Original!;
        int channels = original.Size.Channels, kept = facts.Row.Strategy == "removed" ? 0 : Math.Min(channels, facts.Row.ChannelsAfter);
        double width = 18 + ((MostWidth - 18) * Math.Sqrt(channels / widest)), full = channels == 0 ? width : width * kept / channels, left = x - (width / 2), top = y - (BoxHeight / 2);
        double opacity = 0.15 + (0.85 * LayerShares.Density(facts));
        svg.Append(CultureInfo.InvariantCulture, $"<a href=\"#layer-{index}\" class=\"box\"><title>{Html.Text($"{facts.Row.Name}: {facts.Row.Operator}, {kept} of {channels} channels, {facts.Row.Strategy}")}</title>");
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"ground\" x=\"{Html.Length(left)}\" y=\"{Html.Length(top)}\" width=\"{Html.Length(width)}\" height=\"{BoxHeight}\" rx=\"4\"/>");
        if (full < width)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<rect fill=\"url(#gone)\" x=\"{Html.Length(left + full)}\" y=\"{Html.Length(top)}\" width=\"{Html.Length(width - full)}\" height=\"{BoxHeight}\" rx=\"4\"/>");
        }

        if (full > 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"kept\" fill-opacity=\"{Html.Length(opacity)}\" x=\"{Html.Length(left)}\" y=\"{Html.Length(top)}\" width=\"{Html.Length(full)}\" height=\"{BoxHeight}\" rx=\"4\"/>");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"frame\" x=\"{Html.Length(left)}\" y=\"{Html.Length(top)}\" width=\"{Html.Length(width)}\" height=\"{BoxHeight}\" rx=\"4\"/>");
        string label = Html.Length(x + (MostWidth / 2) + 10);
        string count = channels == 0 ? "" : kept == channels ? $"{channels} ch" : $"{kept} of {channels} ch";
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{label}\" y=\"{Html.Length(y - 2)}\">{Html.Text(Tail(facts.Row.Name))}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"sub\" x=\"{label}\" y=\"{Html.Length(y + 11)}\">{Html.Text(count)} · {Html.Percent(facts.Row.MacsAfter, facts.Row.MacsBefore)} MACs</text></a>\n");
    }

    private static void Junction(StringBuilder svg, PictureNode node, double x, double y)
    {
        if (node.Inputs.Count == 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"port\" x=\"{Html.Length(x - 46)}\" y=\"{Html.Length(y - 11)}\" width=\"92\" height=\"22\" rx=\"11\"/><text class=\"middle\" x=\"{Html.Length(x)}\" y=\"{Html.Length(y + 4)}\">{Html.Text(Tail(node.Name, 13))}</text>");
            return;
        }

        string sign = node.Operator switch { "Add" or "Sum" => "+", "Mul" => "\u00d7", "Sub" => "\u2212", "Div" => "\u00f7", "Concat" => "\u2225", _ => "" };
        svg.Append(CultureInfo.InvariantCulture, $"<g><title>{Html.Text($"{node.Name}: {node.Operator}")}</title><circle class=\"port\" cx=\"{Html.Length(x)}\" cy=\"{Html.Length(y)}\" r=\"9\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"middle\" x=\"{Html.Length(x)}\" y=\"{Html.Length(y + 4)}\">{sign}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"sub\" x=\"{Html.Length(x + 14)}\" y=\"{Html.Length(y + 4)}\">{Html.Text(node.Operator)}</text></g>\n");
    }

    private static string Edge((int Row, int Lane) from, (int Row, int Lane) to)
    {
        (double x1, double y1, double x2, double y2) = (X(from.Lane), Y(from.Row) + 8, X(to.Lane), Y(to.Row) - 8);
        string start = $"M{Html.Length(x1)} {Html.Length(y1)}", end = $"{Html.Length(x2)} {Html.Length(y2)}";
        if (to.Row == from.Row + 1)
        {
            double middle = (y1 + y2) / 2;
            return $"{start}C{Html.Length(x1)} {Html.Length(middle)} {Html.Length(x2)} {Html.Length(middle)} {end}";
        }

        // Longer ones run beside the boxes: left of their own lane, or down the lane that they come from or go to.
        double beside = (from.Lane == to.Lane ? x1 : Math.Min(x1, x2)) - (MostWidth / 2) - 6 - Math.Min(20, 2 * (to.Row - from.Row));
        if (from.Lane > to.Lane)
        {
            beside = x1;
        }

        double a = y1 + RowHeight - 16, b = y2 - RowHeight + 16;
        return $"{start}C{Html.Length(x1)} {Html.Length((y1 + a) / 2)} {Html.Length(beside)} {Html.Length((y1 + a) / 2)} {Html.Length(beside)} {Html.Length(a)}L{Html.Length(beside)} {Html.Length(b)}C{Html.Length(beside)} {Html.Length((y2 + b) / 2)} {Html.Length(x2)} {Html.Length((y2 + b) / 2)} {end}";
    }

    private static double X(int lane) => Axis + (lane * LaneWidth);

    private static double Y(int row) => 20 + (row * RowHeight);

    // The end of a name tells layers apart; the beginning is mostly the same.
    private static string Tail(string name, int length = 20) => name.Length <= length ? name : "\u2026" + name[^(length - 1)..];
}
