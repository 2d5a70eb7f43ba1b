using PruneCompiler.Cli.Cases;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>ONNX's official operator cases as generated code. Those that fail are listed, each with its reason, in docs/operators.md's source.</summary>
public class OnnxCaseTests
{
    private static readonly string KnownFile = Path.Combine(AppContext.BaseDirectory, "EndToEnd", "onnx-cases-failing.txt");

    [SkippableFact]
    public void Exactly_the_listed_cases_fail()
    {
        SharedFolder.Require(SharedFolder.OnnxCases, "ONNX cases");
        List<string> folders = CaseFolder.Find(SharedFolder.OnnxCases);
        var results = new CaseResult[folders.Count];
        Parallel.For(0, folders.Count, i => results[i] = CaseRunner.Run(folders[i], reference: false));
        HashSet<string> known = File.ReadLines(KnownFile).Where(l => l.Length > 0 && l[0] != '#').ToHashSet(StringComparer.Ordinal);
        List<string> broken = results.Where(r => !r.Passed && !known.Contains(r.Name)).Select(r => $"{r.Name}: {r.Reason}").ToList();
        List<string> mended = results.Where(r => r.Passed && known.Contains(r.Name)).Select(r => r.Name).ToList();
        Assert.True(broken.Count == 0, $"{broken.Count} cases fail that did not:\n{string.Join('\n', broken)}");
        Assert.True(mended.Count == 0, $"{mended.Count} cases pass that are listed as failing; take them off {Path.GetFileName(KnownFile)}:\n{string.Join('\n', mended)}");
    }

    [SkippableFact]
    public void The_reference_evaluator_fails_no_case_that_generated_code_passes()
    {
        SharedFolder.Require(SharedFolder.OnnxCases, "ONNX cases");
        HashSet<string> known = File.ReadLines(KnownFile).ToHashSet(StringComparer.Ordinal);
        List<string> broken = CaseFolder.Find(SharedFolder.OnnxCases).AsParallel().Where(f => !known.Contains(Path.GetFileName(f)))
            .Select(f => CaseRunner.Run(f, reference: true)).Where(r => !r.Passed).Select(r => $"{r.Name}: {r.Reason}").ToList();
        Assert.True(broken.Count == 0, $"{broken.Count} cases:\n{string.Join('\n', broken)}");
    }
}
