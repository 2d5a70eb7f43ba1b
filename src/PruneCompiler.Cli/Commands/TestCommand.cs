using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using PruneCompiler.Cli.Cases;
using PruneCompiler.Diagnostics;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec test: folders in the form of ONNX's own test cases.</summary>
internal static class TestCommand
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("test", "Runs ONNX test-case folders (model.onnx, test_data_set_*), or folders of such folders, as generated code.");
        var paths = new Argument<string[]>("PATH") { Description = "Case folders, or folders of case folders.", Arity = ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "All results, machine-readable." };
        var reference = new Option<bool>("--reference") { Description = "Run the reference evaluator instead of generated code." };
        command.Arguments.Add(paths);
        command.Options.Add(json);
        command.Options.Add(reference);
        command.SetAction(parsed =>
        {
            List<string> folders = [];
            foreach (string path in parsed.GetRequiredValue(paths))
            {
                List<string> found = CaseFolder.Find(path);
                if (found.Count == 0)
                {
                    ModelArguments.Print("prunec", [Catalogue.Usage($"{path} holds no test case (a folder with model.onnx)")]);
                    return ExitCode.Usage;
                }

                folders.AddRange(found);
            }

            return Report(Run(folders, parsed.GetValue(reference)), parsed.GetValue(json));
        });
        return command;
    }

    private static CaseResult[] Run(List<string> folders, bool reference)
    {
        var results = new CaseResult[folders.Count];
        int done = 0;
        bool progress = !Console.IsErrorRedirected;
        Parallel.For(0, folders.Count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            results[i] = CaseRunner.Run(folders[i], reference);
            int count = Interlocked.Increment(ref done);
            if (progress && count % 10 == 0)
            {
                Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{count} of {folders.Count}"));
            }
        });
        if (progress)
        {
            Console.Error.WriteLine();
        }

        return results;
    }

    private static int Report(CaseResult[] results, bool json)
    {
        int passed = results.Count(r => r.Passed);
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(
                new { passed, failed = results.Length - passed, cases = results.Select(r => new { name = r.Name, passed = r.Passed, reason = r.Reason }) }, Indented));
        }
        else
        {
            foreach (CaseResult result in results.Where(r => !r.Passed))
            {
                Console.WriteLine($"{result.Name}: {result.Reason}");
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{passed} passed, {results.Length - passed} failed"));
        }

        return passed == results.Length ? ExitCode.Done : ExitCode.Failed;
    }
}
