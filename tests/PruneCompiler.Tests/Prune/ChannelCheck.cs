using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>Compiles a model, compares the generated code with ONNX Runtime, and counts the multiply-adds that it executes.</summary>
internal static class ChannelCheck
{
    /// <summary>Multiply-adds that the generated code executes.</summary>
    public static long Executed(OnnxBuilder model, double tolerance = 1e-4, bool oracle = true, IReadOnlyDictionary<string, Tensor>? inputs = null)
    {
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        CompiledModel compiled = ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net" });
        using GeneratedModel net = GeneratedModel.Load(compiled);
        Graph graph = model.Import().Graph;
        for (int seed = 0; seed < 2; seed++)
        {
            var random = new Random(seed);
            Dictionary<string, Tensor> given = graph.Inputs.ToDictionary(i => i.Name, i => inputs?.GetValueOrDefault(i.Name) ?? RandomTensor.Make(i.TensorType, random));
            Tensor[] expected = oracle ? OnnxRuntimeOracle.Run(model.ToBytes(), given) : PruneCompiler.Operators.ReferenceEvaluator.Run(graph, given);
            Differential.Compare("generated code", expected, net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList()), tolerance, graph);
        }

        return compiled.Plan.Layers.Sum(l => l.MacsAfter);
    }

    /// <summary>Numbers none of which is zero.</summary>
    public static float[] Numbers(int count, int seed = 1)
    {
        var random = new Random((count * 31) + seed);
        return Enumerable.Range(0, count).Select(_ => (random.NextSingle() + 0.1f) * (random.Next(2) == 0 ? 0.5f : -0.5f)).ToArray();
    }

    /// <summary>Weights of dimensions [a, b, ...] in which some slices of an axis are zero.</summary>
    public static float[] Weights(int[] dims, int axis, params int[] zero)
    {
        float[] numbers = Numbers(dims.Aggregate(1, (a, b) => a * b), axis + zero.Length);
        int inner = dims.Skip(axis + 1).Aggregate(1, (a, b) => a * b);
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = zero.Contains(i / inner % dims[axis]) ? 0 : numbers[i];
        }

        return numbers;
    }
}
