using System.CommandLine;
using PruneCompiler.Cli.Commands;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Diagnostics;

SdkCompiler.Use();
var root = new RootCommand("prunec: compiles pruned ONNX models to C# in which zero weights and dead channels no longer exist.")
{
    CompileCommand.Create(),
    InspectCommand.Create(),
    ReportCommand.Create(),
    RunCommand.Create(),
    VerifyCommand.Create(),
    TestCommand.Create(),
    BenchCommand.Create(),
    CalibrateCommand.Create(),
    PlanCommand.Create(),
    OperatorsCommand.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        ModelArguments.Print("prunec", [Catalogue.Usage(error.Message)]);
    }

    Console.Error.WriteLine($"see 'prunec {(parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ")}--help'");
    return ExitCode.Usage;
}

return parsed.Invoke();
