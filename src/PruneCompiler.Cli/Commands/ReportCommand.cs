using System.CommandLine;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec report: the facts of inspect as one self-contained page.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var command = new Command("report", "Writes what inspect shows as one self-contained HTML page.");
        var arguments = new ModelArguments(command);
        var output = new Option<string>("--output", "-o") { Description = "The page.", Required = true, HelpName = "FILE.html" };
        command.Options.Add(output);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            CompiledModel model = ModelCompiler.Compile(file, options);
            ModelArguments.Print(file, model.Diagnostics);
            File.WriteAllText(parsed.GetRequiredValue(output), HtmlReport.Write(model.Plan));
            Console.WriteLine(parsed.GetRequiredValue(output));
            return ExitCode.Done;
        }));
        return command;
    }
}
