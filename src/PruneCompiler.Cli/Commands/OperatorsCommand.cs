using System.CommandLine;
using PruneCompiler.Cli.Cases;
using PruneCompiler.Diagnostics;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec operators: writes the table of supported operators from the official cases (how docs/operators.md is made).</summary>
internal static class OperatorsCommand
{
    public static Command Create()
    {
        var command = new Command("operators", "Writes the table of operators from a folder of official ONNX cases.") { Hidden = true };
        var path = new Argument<string>("PATH") { Description = "Folder of case folders." };
        var output = new Option<string>("--output", "-o") { Required = true, HelpName = "FILE.md" };
        var failing = new Option<string?>("--failing") { Description = "Also write the names of the cases that fail.", HelpName = "FILE.txt" };
        command.Arguments.Add(path);
        command.Options.Add(output);
        command.Options.Add(failing);
        command.SetAction(parsed =>
        {
            List<string> folders = CaseFolder.Find(parsed.GetRequiredValue(path));
            if (folders.Count == 0)
            {
                ModelArguments.Print("prunec", [Catalogue.Usage("no test cases there")]);
                return ExitCode.Usage;
            }

            (CaseResult Result, CaseFacts Facts)[] cases = folders.AsParallel().AsOrdered().Select(f => (CaseRunner.Run(f, reference: false), CaseFacts.Read(f))).ToArray();
            File.WriteAllText(parsed.GetRequiredValue(output), OperatorTable.Write(cases));
            if (parsed.GetValue(failing) is { } list)
            {
                IEnumerable<string> names = cases.Where(c => !c.Result.Passed).Select(c => c.Result.Name);
                File.WriteAllText(list, "# Official ONNX cases that do not pass as generated code, a name a line.\n" + string.Concat(names.Select(n => n + "\n")));
            }

            return ExitCode.Done;
        });
        return command;
    }
}
