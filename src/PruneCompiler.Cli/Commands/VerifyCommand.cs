using System.CommandLine;
using System.Globalization;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Commands;

/// <summary>prunec verify: generated code against the reference evaluator on the unedited graph.</summary>
internal static class VerifyCommand
{
    /// <summary>Largest difference that passes, as a share of the output's largest magnitude.</summary>
    private const double Tolerance = 1e-3;

    public static Command Create()
    {
        var command = new Command("verify", "Compares the generated code with the built-in reference evaluator on seeded random inputs.");
        var arguments = new ModelArguments(command);
        var runs = new Option<int>("--runs") { Description = "How many inputs to try.", DefaultValueFactory = _ => 3, HelpName = "K" };
        runs.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() < 1)
            {
                r.AddError("--runs takes a whole number of at least 1.");
            }
        });
        command.Options.Add(runs);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            Graph reference = OnnxImporter.Load(file, options).Graph;
            CompiledModel model = ModelCompiler.Compile(file, options);
            ModelArguments.Print(file, model.Diagnostics);
            using GeneratedModel net = GeneratedModel.Load(model);
            return Compare(reference, net, parsed.GetValue(runs)) ? ExitCode.Done : ExitCode.Failed;
        }));
        return command;
    }

    private static bool Compare(Graph reference, GeneratedModel net, int runs)
    {
        var worst = new TensorDifference?[net.Plan.Outputs.Count];
        for (int run = 0; run < runs; run++)
        {
            Tensor[] inputs = RunCommand.Inputs(net.Plan, [], seed: run + 1);
            Tensor[] actual = net.Run(inputs);
            Tensor[] expected = ReferenceEvaluator.Run(reference, net.Plan.Inputs.Zip(inputs).ToDictionary(p => p.First.Name, p => p.Second));
            for (int i = 0; i < worst.Length; i++)
            {
                TensorDifference difference = TensorDifference.Between(expected[i], actual[i]);
                worst[i] = worst[i] is null || difference.Relative > worst[i]!.Relative ? difference : worst[i];
            }
        }

        bool right = true;
        for (int i = 0; i < worst.Length; i++)
        {
            TensorDifference d = worst[i]!;
            bool agrees = d.Mismatch is null && d.Relative <= Tolerance;
            right &= agrees;
            string name = net.Plan.Outputs[i].Name;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {(agrees ? "agrees" : "DIFFERS")}, worst absolute {d.Absolute:g3}, relative to the largest value {d.Relative:g3}, {d.Ulp:g3} ULP{(d.Mismatch is null ? "" : ", " + d.Mismatch)}"));
        }

        return right;
    }
}
