using System.CommandLine;
using System.Globalization;
using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;
using PruneCompiler.IR;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec run: compiles in memory, runs once, writes the outputs.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var command = new Command("run", "Compiles in memory, runs once and writes each output as NAME.npy.");
        var arguments = new ModelArguments(command);
        var inputs = new Option<string[]>("--input") { Description = "An input's content, .npy or .pb; inputs not given are seeded random.", HelpName = "NAME=FILE" };
        var seed = new Option<int>("--seed") { Description = "Seed of the random inputs.", HelpName = "N" };
        var output = new Option<string>("--output-dir") { Description = "Folder for the outputs.", Required = true, HelpName = "DIR" };
        inputs.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => t.Value.IndexOf('=') <= 0))
            {
                result.AddError($"--input {token.Value}: write NAME=FILE.");
            }
        });
        command.Options.Add(inputs);
        command.Options.Add(seed);
        command.Options.Add(output);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            CompiledModel model = ModelCompiler.Compile(file, options);
            ModelArguments.Print(file, model.Diagnostics);
            Tensor[] given = Inputs(model.Plan, parsed.GetValue(inputs) ?? [], parsed.GetValue(seed));
            using GeneratedModel net = GeneratedModel.Load(model);
            Tensor[] results = net.Run(given);
            string folder = parsed.GetRequiredValue(output);
            Directory.CreateDirectory(folder);
            List<string> names = TensorFile.SafeNames(model.Plan.Outputs.Select(o => o.Name));
            for (int i = 0; i < results.Length; i++)
            {
                string path = Path.Combine(folder, names[i] + ".npy");
                NpyFile.Write(path, results[i]);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}  {results[i].Type.Text()} {results[i].Shape}"));
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static Tensor Read(string input, string path)
    {
        try
        {
            return TensorFile.Read(path);
        }
        catch (Exception e) when (e is InvalidDataException or CompileException)
        {
            // What is wrong is the file, not the model.
            string why = e is CompileException c ? string.Join("; ", c.Diagnostics.Select(d => d.Message.Replace("the model is malformed: ", "", StringComparison.Ordinal))) + $" ({path})" : e.Message;
            throw new CompileException(Catalogue.OtherFile($"--input {input}: {why}"));
        }
    }

    /// <summary>The inputs of a plan: from files where given, else seeded random.</summary>
    public static Tensor[] Inputs(ModelPlan plan, IReadOnlyList<string> assignments, int seed)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string assignment in assignments)
        {
            // A name may contain '=', a file name hardly does.
            int equals = assignment.LastIndexOf('=');
            string name = assignment[..equals];
            if (plan.Inputs.All(p => p.Name != name))
            {
                throw new CompileException(Catalogue.BadOption($"--input {name}: the model's inputs are {string.Join(", ", plan.Inputs.Select(p => p.Name))}"));
            }

            files[name] = assignment[(equals + 1)..];
        }

        var random = new Random(seed);
        return plan.Inputs.Select(port =>
        {
            var type = new TensorType(Enum.Parse<ElementType>(port.Type, ignoreCase: true), new Shape([.. port.Shape]));
            GeneratedModel.RequireRoom(port);
            Tensor made = RandomTensor.Make(type, random);
            if (!files.TryGetValue(port.Name, out string? path))
            {
                return made;
            }

            Tensor tensor = Read(port.Name, path);
            if (tensor.Type != type.Type || !tensor.Shape.Dims.ToArray().Where(d => d != 1).SequenceEqual(port.Shape.Where(d => d != 1)))
            {
                throw new CompileException(Catalogue.BadOption($"--input {port.Name}: the file holds {tensor.Type.Text()} {tensor.Shape} where the model takes {type}"));
            }

            return tensor.Reshaped(type.Shape);
        }).ToArray();
    }
}
