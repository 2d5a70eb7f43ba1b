using System.CommandLine;
using PruneCompiler.Emit;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec compile: writes the files that the build would generate.</summary>
internal static class CompileCommand
{
    public static Command Create()
    {
        var command = new Command("compile", "Writes the generated C#, the plan and the weights of a model.");
        var arguments = new ModelArguments(command);
        var output = new Option<string>("--output", "-o") { Description = "Folder for the files.", Required = true, HelpName = "DIR" };
        var className = new Option<string>("--class") { Description = "Name of the class; by default the file's name in PascalCase." };
        var space = new Option<string>("--namespace") { Description = "Namespace of the class." };
        command.Options.Add(output);
        command.Options.Add(className);
        command.Options.Add(space);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            options = options with { ClassName = parsed.GetValue(className), Namespace = parsed.GetValue(space) ?? "" };
            CompiledModel model = ModelCompiler.Compile(file, options);
            ModelArguments.Print(file, model.Diagnostics);
            Write(parsed.GetRequiredValue(output), model);
            return ExitCode.Done;
        }));
        return command;
    }

    private static void Write(string folder, CompiledModel model)
    {
        Directory.CreateDirectory(folder);
        string name = model.Plan.ClassName;
        var files = new List<(string Name, string Text)>
        {
            ($"{name}.g.cs", ModelEmitter.Emit(model.Plan)),
            ($"{name}.plan", PlanWriter.Write(model.Plan)),
        };
        files.AddRange(RuntimeLibrary.FilesFor([model.Plan]).Select(f => ($"PruneCompiler.Runtime.{f.Key}.g.cs", RuntimeLibrary.Emit(f.Key))));
        foreach ((string fileName, string text) in files)
        {
            File.WriteAllText(Path.Combine(folder, fileName), text);
            Console.WriteLine(Path.Combine(folder, fileName));
        }

        if (model.Weights.Length > 0)
        {
            string weights = Path.Combine(folder, $"{name}.weights");
            File.WriteAllBytes(weights, model.Weights);
            Console.WriteLine($"{weights}  (embed it: <EmbeddedResource Include=\"{name}.weights\" LogicalName=\"{model.Plan.Weights.Resource}\" />)");
        }
    }
}
