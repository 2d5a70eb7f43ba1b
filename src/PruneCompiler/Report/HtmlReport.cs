using System.Globalization;
using System.Net;
using System.Text;
using PruneCompiler.Emit;

namespace PruneCompiler.Report;

/// <summary>The layers of a plan as one HTML page that needs nothing else.</summary>
public static class HtmlReport
{
    /// <summary>The page.</summary>
    public static string Write(ModelPlan plan)
    {
        var page = new StringBuilder();
        string title = WebUtility.HtmlEncode(plan.Model.FileName);
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<style>{Style}</style>\n<h1>{title}</h1>\n");
        page.Append("<table><tr><th>layer<th>operator<th>output<th>MACs before<th>after<th>weights before<th>after<th>strategy<th>reason</tr>\n");
        foreach (LayerRow l in plan.Layers)
        {
            page.Append("<tr>");
            foreach (string cell in new[] { l.Name, l.Operator, l.Shape, N(l.MacsBefore), N(l.MacsAfter), N(l.WeightsBefore), N(l.WeightsAfter), l.Strategy, l.Reason })
            {
                page.Append("<td>").Append(WebUtility.HtmlEncode(cell));
            }

            page.Append("</tr>\n");
        }

        page.Append("</table>\n<ul>\n");
        foreach (string note in plan.Notes)
        {
            page.Append("<li>").Append(WebUtility.HtmlEncode(note)).Append("</li>\n");
        }

        return page.Append("</ul></html>\n").ToString();
    }

    private const string Style = ":root{color-scheme:light dark;font:15px/1.5 system-ui,sans-serif}body{margin:2rem}td,th{padding:.2rem .8rem;text-align:left}tr:nth-child(even){background:#8881}";

    private static string N(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
