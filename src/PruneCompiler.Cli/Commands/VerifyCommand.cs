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
        var perLayer = new Option<bool>("--per-layer") { Description = "Compare every value inside of the model too, and name the first that departs." };
        command.Options.Add(runs);
        command.Options.Add(perLayer);
        command.SetAction(parsed => arguments.Guard(parsed, (file, options) =>
        {
            Graph reference = OnnxImporter.Load(file, options).Graph;
            CompiledModel model = ModelCompiler.Compile(file, options);
            ModelArguments.Print(file, model.Diagnostics);
            using GeneratedModel net = GeneratedModel.Load(model);
            bool right = Compare(reference, net, parsed.GetValue(runs));
            if (parsed.GetValue(perLayer))
            {
                Tensor[] inputs = RunCommand.Inputs(model.Plan, [], seed: 1);
                right &= PerLayer(new LayerVerifier(() => OnnxImporter.Load(file, options), () => OnnxImporter.Load(file, options), options, inputs), right);
            }

            return right ? ExitCode.Done : ExitCode.Failed;
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
                worst[i] = worst[i]?.WorstWith(difference) ?? difference;
            }
        }

        bool right = true;
        for (int i = 0; i < worst.Length; i++)
        {
            TensorDifference d = worst[i]!;
            bool agrees = Agrees(d);
            right &= agrees;
            string name = net.Plan.Outputs[i].Name;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {(agrees ? "agrees" : "DIFFERS")}, {Errors(d)}"));
        }

        return right;
    }

    /// <summary>Prints every value's errors and the first that departs; false when one does.</summary>
    private static bool PerLayer(LayerVerifier verifier, bool outputsAgree)
    {
        LayerDifference? first = null;
        foreach (LayerDifference layer in verifier.Exposed())
        {
            first ??= Print(layer) ? null : layer;
        }

        // Each layer is right by itself: then it is what was removed or fused across layers.
        first ??= outputsAgree ? null : verifier.Prefixes().FirstOrDefault(layer => !Print(layer));
        Console.WriteLine(first is null ? "no value inside departs" : $"the first value that departs is '{first.Name}', computed by {first.Node}, {first.HowCompiled}");
        return first is null;
    }

    private static bool Print(LayerDifference layer)
    {
        TensorDifference d = layer.Difference;
        bool agrees = Agrees(d);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {layer.Name} ({layer.Node}): {(agrees ? "agrees" : "DEPARTS")}, {Errors(d)}"));
        return agrees;
    }

    private static bool Agrees(TensorDifference d) => d.Mismatch is null && d.Relative <= Tolerance;

    private static string Errors(TensorDifference d) =>
        string.Create(CultureInfo.InvariantCulture, $"worst absolute {d.Absolute:g3}, relative to the largest value {d.Relative:g3}, {d.Ulp:g3} ULP{(d.Mismatch is null ? "" : ", " + d.Mismatch)}");
}
