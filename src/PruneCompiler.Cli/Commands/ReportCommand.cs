using System.CommandLine;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec report: the facts of inspect as one self-contained page.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var command = new Command("report", "Writes what inspect shows as one self-contained HTML page with pictures.");
        var arguments = new ModelArguments(command);
        var output = new Option<string>("--output", "-o") { Description = "The page.", Required = true, HelpName = "FILE.html" };
        var measure = new Option<bool>("--measure") { Description = "Measure the generated code against the dense form of the same model." };
        command.Options.Add(output);
        command.Options.Add(measure);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            CompiledModel model = ModelCompiler.Compile(file, options);
            ModelArguments.Print(file, model.Diagnostics);
            ReportTimes? times = parsed.GetValue(measure) ? Measure(file, options, model) : null;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(parsed.GetRequiredValue(output)))!);
            File.WriteAllText(parsed.GetRequiredValue(output), HtmlReport.Write(model, times));
            Console.WriteLine(parsed.GetRequiredValue(output));
            return ExitCode.Done;
        }));
        return command;
    }

    private static ReportTimes Measure(string file, CompileOptions options, CompiledModel model)
    {
        using GeneratedModel mine = GeneratedModel.Load(model);
        using GeneratedModel dense = GeneratedModel.Load(ModelCompiler.Compile(file, options with { DenseOnly = true, Prune = false, ZeroTolerance = 0 }));
        Tensor[] inputs = RunCommand.Inputs(model.Plan, [], seed: 1);
        (double milliseconds, double denseMilliseconds) = Timing.Pair(mine.Bind(inputs, mine.Run(inputs)), dense.Bind(inputs, dense.Run(inputs)), seconds: 2);
        return new ReportTimes(milliseconds, denseMilliseconds);
    }
}
