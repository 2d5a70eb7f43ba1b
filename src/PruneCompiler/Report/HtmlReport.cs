using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;

namespace PruneCompiler.Report;

/// <summary>The facts of a compiled model as one HTML page that needs nothing else: no network, no fonts, no scripts of others.</summary>
public static class HtmlReport
{
    /// <summary>The page.</summary>
    /// <param name="model">The model, compiled from its file.</param>
    /// <param name="times">Measured times, or null.</param>
    public static string Write(CompiledModel model, ReportTimes? times = null)
    {
        ModelPlan plan = model.Plan;
        IReadOnlyList<LayerFacts> layers = LayerFacts.Of(model);
        string[] notes = [.. plan.Notes, .. model.Diagnostics.Where(d => d.Severity != Severity.Error).Select(d => $"{d.Id}: {(d.Node is null ? "" : d.Node + ": ")}{d.Message}")];
        string origin = $"opset {plan.Model.Opset}{(plan.Model.Producer.Length > 0 ? $" · {plan.Model.Producer}" : "")} · sha256 {plan.Model.Sha256} · PruneCompiler {plan.Model.Compiler}{(plan.Model.Tolerance > 0 ? $" · zero tolerance {plan.Model.Tolerance}" : "")}";
        var parts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["title"] = Html.Text(plan.Model.FileName),
            ["css"] = Resource("page.css"),
            ["js"] = Resource("page.js"),
            ["lead"] = SummaryCards.Lead(plan),
            ["hint"] = string.Concat(model.Diagnostics.Where(d => d.Id == Catalogue.NearZeroWeightsId).Select(d => $"<p class=\"hint\">{Html.Text(d.Message)}</p>")),
            ["origin"] = Html.Text(FormattableString.Invariant($"{origin}")),
            ["cards"] = SummaryCards.Cards(model, layers, times),
            ["network"] = model.Survey is { Picture.Count: > 0 } survey ? NetworkPicture.Svg(survey, layers) : "",
            ["bars"] = LayerFigures.Bars(layers),
            ["layers"] = LayerCards.Cards(layers),
            ["table"] = LayerFigures.Table(layers),
            ["notesLink"] = notes.Length > 0 ? "<a href=\"#notes\">Notes</a>" : "",
            ["notes"] = notes.Length == 0 ? "" : $"<section id=\"notes\"><h2>Notes</h2><ul class=\"notes\">{string.Concat(notes.Select(n => $"<li>{Html.Text(n)}</li>"))}</ul></section>",
        };

        // One pass over the template: what is put in is never searched again, whatever a model's names contain.
        string[] template = Resource("page.html").Split("{{");
        return template[0] + string.Concat(template.Skip(1).Select(piece =>
        {
            int end = piece.IndexOf("}}", StringComparison.Ordinal);
            return parts[piece[..end]] + piece[(end + 2)..];
        }));
    }

    private static string Resource(string name)
    {
        using Stream stream = typeof(HtmlReport).Assembly.GetManifestResourceStream("PruneCompiler.Report.Page." + name)!;
        return new StreamReader(stream).ReadToEnd().ReplaceLineEndings("\n");
    }
}
