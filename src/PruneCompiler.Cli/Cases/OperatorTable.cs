using System.Globalization;
using System.Text;
using PruneCompiler.Operators;

namespace PruneCompiler.Cli.Cases;

/// <summary>Prints docs/operators.md.</summary>
internal static class OperatorTable
{
    /// <summary>The page.</summary>
    public static string Write(IReadOnlyCollection<(CaseResult Result, CaseFacts Facts)> cases)
    {
        var page = new StringBuilder();
        int passed = cases.Count(c => c.Result.Passed);
        page.Append("# Operators\n\nWritten by `prunec operators` from ONNX's official operator cases, each compiled to C# and run. Opsets 7 and later; the column names those of the cases.\n\n");
        page.Append(CultureInfo.InvariantCulture, $"{passed} of {cases.Count} cases pass. Inputs that an operator needs at compile time (shapes, axes ...) are bound to the case's data.\n\n");
        page.Append("| operator | opsets | input types that pass | passes / cases | what is left out |\n|---|---|---|---|---|\n");
        foreach (var group in cases.Where(c => c.Facts.Operator is not null).GroupBy(c => c.Facts.Operator!).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            page.Append(Row(group.Key, [.. group]));
        }

        page.Append(Row("(functions written out, small graphs)", [.. cases.Where(c => c.Facts.Operator is null)]));
        var tested = cases.Select(c => c.Facts.Operator).OfType<string>().ToHashSet(StringComparer.Ordinal);
        IEnumerable<string> others = OperatorRegistry.All.Where(o => !o.Domain.StartsWith("prune", StringComparison.OrdinalIgnoreCase))
            .Select(o => o.Domain.Length == 0 ? o.Name : $"{o.Domain} {o.Name}").Where(n => !tested.Contains(n)).Order(StringComparer.Ordinal);
        page.Append(CultureInfo.InvariantCulture, $"\nSupported too, without official cases of their own: {string.Join(", ", others)}.\n");
        page.Append("\nSequences and optionals whose length is known (SplitToSequence, SequenceConstruct, SequenceInsert, SequenceErase, SequenceAt, SequenceLength, SequenceMap, ConcatFromSequence, Optional ...)"
            + " are taken apart while the model is read; they cannot be inputs or outputs of the model.\n");
        return page.ToString();
    }

    private static string Row(string name, (CaseResult Result, CaseFacts Facts)[] cases)
    {
        if (cases.Length == 0)
        {
            return "";
        }

        (CaseResult Result, CaseFacts Facts)[] passed = [.. cases.Where(c => c.Result.Passed)];
        string opsets = string.Join(", ", cases.Select(c => c.Facts.Opset).Distinct().Order());
        string types = string.Join(", ", passed.SelectMany(c => c.Facts.Types).Distinct().Order(StringComparer.Ordinal));
        string reasons = string.Join("; ", cases.Where(c => !c.Result.Passed).GroupBy(c => Short(c.Result.Reason)).Take(4).Select(g => $"{g.Key} ({g.Count()})"));
        return string.Create(CultureInfo.InvariantCulture, $"| {name} | {opsets} | {types} | {passed.Length} / {cases.Length} | {reasons} |\n");
    }

    private static string Short(string reason)
    {
        string line = reason.Replace('|', '/').Replace('\n', ' ');
        int nodes = line.IndexOf(" ('", StringComparison.Ordinal);
        line = nodes > 0 ? line[..nodes] : line;
        return line.Length > 120 ? line[..117] + "..." : line;
    }
}
