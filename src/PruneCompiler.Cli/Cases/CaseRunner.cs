using System.Globalization;
using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Diagnostics;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Cases;

/// <summary>What became of one case.</summary>
/// <param name="Name">Name of its folder.</param>
/// <param name="Passed">True when every output of every data set agrees.</param>
/// <param name="Reason">Why it failed; empty otherwise.</param>
internal sealed record CaseResult(string Name, bool Passed, string Reason);

/// <summary>Runs one case as generated code (or with the reference evaluator).</summary>
internal static class CaseRunner
{
    public static CaseResult Run(string folder, bool reference)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        try
        {
            string model = Path.Combine(folder, "model.onnx");
            List<string> sets = CaseFolder.DataSets(folder).ToList();
            if (sets.Count == 0)
            {
                // Without data the code is compared with the reference evaluator on seeded random inputs.
                return Judge(name, RunSet(model, null, reference));
            }

            foreach (string set in sets)
            {
                if (RunSet(model, set, reference) is { } reason)
                {
                    return Judge(name, reason);
                }
            }

            return Judge(name, null);
        }
        catch (CompileException e)
        {
            return Judge(name, string.Join("; ", e.Diagnostics.Where(d => d.Severity == Severity.Error).Select(d => $"{d.Id}: {d.Message}")));
        }
        catch (Exception e)
        {
            string where = Environment.GetEnvironmentVariable("PRUNEC_STACK") == "1" ? e.ToString() : $"{e.GetType().Name}: {e.Message}";
            return Judge(name, where);
        }
    }

    private static CaseResult Judge(string name, string? reason) => new(name, reason is null, reason?.ReplaceLineEndings(" ") ?? "");

    private static string? RunSet(string modelFile, string? dataSet, bool reference)
    {
        List<Tensor> given = ReadInputs(modelFile, dataSet);
        IReadOnlyList<string> names = ModelInputs.Names(modelFile);
        if (given.Count > names.Count)
        {
            return $"the case has {given.Count} inputs where the model has {names.Count}";
        }

        Dictionary<string, Tensor> inputs = names.Zip(given).ToDictionary(p => p.First, p => p.Second);
        CompileOptions options = Bind(modelFile, inputs);
        if (dataSet is null)
        {
            var random = new Random(0);
            inputs = OnnxImporter.Load(modelFile, options).Graph.Inputs.ToDictionary(i => i.Name, i => RandomTensor.Make(i.TensorType, random));
        }

        Tensor[] actual = reference ? RunReference(modelFile, inputs, options) : RunGenerated(modelFile, inputs, options);
        Tensor[] expected = dataSet is null ? RunReference(modelFile, inputs, options) : [.. CaseFolder.Read(dataSet, "output")];
        for (int i = 0; i < Math.Min(expected.Length, actual.Length); i++)
        {
            if (Agreement.Problem(expected[i], actual[i]) is { } problem)
            {
                return string.Create(CultureInfo.InvariantCulture, $"output {i}: {problem}");
            }
        }

        return expected.Length == actual.Length ? null : $"{actual.Length} outputs instead of {expected.Length}";
    }

    private static List<Tensor> ReadInputs(string modelFile, string? dataSet)
    {
        try
        {
            return dataSet is null ? [] : CaseFolder.Read(dataSet, "input");
        }
        catch (CompileException)
        {
            // Data that is no tensor belongs to a model that takes no tensors: its own diagnostic says more.
            OnnxImporter.Load(modelFile, new CompileOptions());
            throw;
        }
    }

    /// <summary>Options with the case's data for just those inputs that have to be known at compile time, and for symbolic dimensions.</summary>
    private static CompileOptions Bind(string modelFile, Dictionary<string, Tensor> inputs)
    {
        var options = new CompileOptions { ClassName = "Case", Dimensions = ModelInputs.Dimensions(modelFile, inputs) };
        while (true)
        {
            try
            {
                OnnxImporter.Load(modelFile, options);
                return options;
            }
            catch (CompileException e)
            {
                List<string> needed = e.Diagnostics.SelectMany(d => d.NeededInputs).Where(n => inputs.ContainsKey(n) && !options.BoundInputs.ContainsKey(n)).Distinct().ToList();
                if (needed.Count == 0)
                {
                    throw;
                }

                options = options with { BoundInputs = options.BoundInputs.Concat(needed.Select(n => KeyValuePair.Create(n, inputs[n]))).ToDictionary() };
            }
        }
    }

    private static Tensor[] RunReference(string modelFile, Dictionary<string, Tensor> inputs, CompileOptions options) =>
        ReferenceEvaluator.Run(OnnxImporter.Load(modelFile, options).Graph, inputs);

    private static Tensor[] RunGenerated(string modelFile, Dictionary<string, Tensor> inputs, CompileOptions options)
    {
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(modelFile, options));
        return net.Run(net.Plan.Inputs.Select(p => inputs[p.Name]).ToArray());
    }
}
