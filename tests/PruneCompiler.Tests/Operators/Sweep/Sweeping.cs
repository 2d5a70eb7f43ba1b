using Microsoft.ML.OnnxRuntime;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Diagnostics;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Report;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators.Sweep;

/// <summary>
/// Computes many single nodes with ONNX Runtime, the reference evaluator and generated code, and compares. The generated code of up to
/// <see cref="AtOnce"/> nodes is one class, because compiling is what takes the time.
/// </summary>
internal static class Sweeping
{
    private const int AtOnce = 24;

    /// <summary>Checks all cases and fails with a line for each that disagrees.</summary>
    /// <param name="opset">Opset of the models.</param>
    /// <param name="cases">The nodes.</param>
    public static void Check(int opset, IEnumerable<SweepCase> cases)
    {
        var problems = new List<string>();
        foreach (SweepCase[] group in cases.Chunk(AtOnce))
        {
            Tensor[][]? expected = Expected(opset, group, problems);
            if (expected is not null)
            {
                CompareGenerated(opset, group, expected, problems);
            }
        }

        Assert.True(problems.Count == 0, $"opset {opset}:{Environment.NewLine}{string.Join(Environment.NewLine, problems)}");
    }

    // What the reference evaluator says, checked against ONNX Runtime. Null when something cannot even be imported.
    private static Tensor[][]? Expected(int opset, SweepCase[] group, List<string> problems)
    {
        var expected = new Tensor[group.Length][];
        bool all = true;
        for (int i = 0; i < group.Length; i++)
        {
            OnnxBuilder model = Build(opset, [group[i]]);
            Dictionary<string, Tensor> inputs = Given([group[i]]);
            try
            {
                expected[i] = ReferenceEvaluator.Run(Load(model), inputs);
            }
            catch (CompileException e)
            {
                problems.Add($"{group[i]}: {e.Message}");
                all = false;
                continue;
            }

            if (group[i].Oracle && (group[i].OracleRuns ? Required(group[i], model, inputs, problems) : TryOracle(model, inputs)) is { } oracle)
            {
                Compare(group[i], "reference evaluator", oracle, expected[i], problems);
            }
        }

        return all ? expected : null;
    }

    private static void CompareGenerated(int opset, SweepCase[] group, Tensor[][] expected, List<string> problems)
    {
        using var folder = new TemporaryFolder();
        string file = Build(opset, group).Save(folder.File("net.onnx"));
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net" }));
        Dictionary<string, Tensor> inputs = Given(group);
        Tensor[] actual = net.Run(net.Plan.Inputs.Select(p => inputs[p.Name]).ToList());
        int at = 0;
        for (int i = 0; i < group.Length; i++)
        {
            Compare(group[i], "generated code", expected[i], actual[at..(at + expected[i].Length)], problems);
            at += expected[i].Length;
        }
    }

    // ONNX Runtime has no kernels for some types, and refuses those that ONNX does not list; those nodes are left to the reference evaluator.
    private static Tensor[]? TryOracle(OnnxBuilder model, Dictionary<string, Tensor> inputs)
    {
        try
        {
            return OnnxRuntimeOracle.Run(model.ToBytes(), inputs);
        }
        catch (OnnxRuntimeException e) when (e.Message.Contains("NotImplemented", StringComparison.Ordinal) || e.Message.Contains("Type Error", StringComparison.Ordinal))
        {
            return null;
        }
    }

    private static Tensor[]? Required(SweepCase node, OnnxBuilder model, Dictionary<string, Tensor> inputs, List<string> problems)
    {
        try
        {
            return OnnxRuntimeOracle.Run(model.ToBytes(), inputs);
        }
        catch (OnnxRuntimeException e)
        {
            problems.Add($"{node}: ONNX Runtime: {e.Message}");
            return null;
        }
    }

    private static void Compare(SweepCase node, string who, Tensor[] expected, Tensor[] actual, List<string> problems)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            double tolerance = node.Tolerance ?? expected[i].Type switch
            {
                ElementType.Float32 => 1e-5,
                ElementType.Float64 => 1e-9,
                ElementType.Float16 => 2e-3,
                ElementType.BFloat16 => 1.6e-2,
                _ => 0,
            };
            TensorDifference d = TensorDifference.Between(expected[i], actual[i]);
            if (d.Mismatch is not null || d.Relative > tolerance)
            {
                string at = d.Index >= 0 ? $" (element {d.Index}: {Numbers.ReadFloat(actual[i], d.Index)} instead of {Numbers.ReadFloat(expected[i], d.Index)})" : "";
                problems.Add($"{node}: {who}, output {i}, {expected[i].Type.Text()} {expected[i].Shape}: off by {d.Relative:g3}{at} {d.Mismatch}");
            }
        }
    }

    private static Graph Load(OnnxBuilder model)
    {
        using var folder = new TemporaryFolder();
        return OnnxImporter.Load(model.Save(folder.File("net.onnx")), new CompileOptions()).Graph;
    }

    private static Dictionary<string, Tensor> Given(SweepCase[] group) => group
        .SelectMany((c, n) => c.Inputs.Select((input, i) => (Name: $"x{n}_{i}", Input: input)))
        .Where(p => p.Input is { Fixed: false })
        .ToDictionary(p => p.Name, p => p.Input!.Tensor);

    private static OnnxBuilder Build(int opset, SweepCase[] group)
    {
        var model = new OnnxBuilder(opset);
        foreach (string domain in group.Select(c => c.Domain).Where(d => d.Length > 0).Distinct())
        {
            model.Model.OpsetImport.Add(new Onnx.OperatorSetIdProto { Domain = domain, Version = 1 });
        }

        for (int n = 0; n < group.Length; n++)
        {
            SweepCase node = group[n];
            var names = new string[node.Inputs.Length];
            for (int i = 0; i < names.Length; i++)
            {
                names[i] = node.Inputs[i] is null ? "" : $"x{n}_{i}";
                if (node.Inputs[i] is { Fixed: true } constant)
                {
                    model.Initializer(names[i], constant.Tensor);
                }
                else if (node.Inputs[i] is { } input)
                {
                    model.Input(names[i], input.Tensor.Type, input.Tensor.Shape.Dims.ToArray().Select(d => (object?)d).ToArray());
                }
            }

            string[] outputs = Enumerable.Range(0, node.Outputs).Select(i => $"y{n}_{i}").ToArray();
            model.Node(node.Domain, node.Operator, names, outputs, node.Attributes);
            foreach (string output in outputs)
            {
                model.Graph.Output.Add(new Onnx.ValueInfoProto { Name = output });
            }
        }

        return model;
    }
}
