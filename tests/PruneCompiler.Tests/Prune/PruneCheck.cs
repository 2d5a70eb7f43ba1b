using PruneCompiler.Analyze;
using PruneCompiler.Cli.Files;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Prune;
using PruneCompiler.Report;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>Prunes a model and compares it with itself as it was, with the reference evaluator.</summary>
internal sealed class PruneCheck
{
    private PruneCheck(Graph before, Graph after, PruningFacts facts) => (Before, After, Facts) = (before, after, facts);

    /// <summary>The graph as imported.</summary>
    public Graph Before { get; }

    /// <summary>The pruned graph.</summary>
    public Graph After { get; }

    /// <summary>What was found.</summary>
    public PruningFacts Facts { get; }

    /// <summary>Nodes of an operator that are left.</summary>
    public IReadOnlyList<Node> Nodes(string operatorName) => After.Nodes.Where(n => n.Operator.Name == operatorName).ToList();

    /// <summary>Prunes and compares.</summary>
    public static PruneCheck Run(OnnxBuilder model, double tolerance = 1e-5)
    {
        using var folder = new TemporaryFolder();
        return Run(model.Save(folder.File("net.onnx")), tolerance);
    }

    /// <summary>Prunes and compares.</summary>
    public static PruneCheck Run(string file, double tolerance = 1e-5, int seeds = 2)
    {
        Graph before = OnnxImporter.Load(file, new CompileOptions()).Graph, after = OnnxImporter.Load(file, new CompileOptions()).Graph;
        PruningFacts facts = ChannelAnalysis.Run(after);
        Pruner.Run(after, facts);
        AssertOrdered(after);
        for (int seed = 0; seed < seeds; seed++)
        {
            var random = new Random(seed);
            Dictionary<string, Tensor> inputs = before.Inputs.ToDictionary(i => i.Name, i => RandomTensor.Make(i.TensorType, random));
            Tensor[] expected = ReferenceEvaluator.Run(before, inputs), actual = ReferenceEvaluator.Run(after, inputs);
            for (int i = 0; i < expected.Length; i++)
            {
                TensorDifference difference = TensorDifference.Between(expected[i], actual[i]);
                Assert.True(difference.Mismatch is null && difference.Relative <= tolerance, $"output {before.OutputName(i)} differs by {difference.Relative:g3} at {difference.Index}. {difference.Mismatch}\n{Print(after)}");
            }
        }

        return new PruneCheck(before, after, facts);
    }

    /// <summary>The graph's nodes, a line each.</summary>
    public static string Print(Graph graph) => string.Join('\n', graph.Nodes.Select(n =>
        $"{n.Operator.Name} '{n.Name}' ({string.Join(", ", n.Inputs.Select(i => i is null ? "-" : i.Constant is null ? $"{i.Name} {i.Shape}" : $"const {i.Shape}"))}) -> {n.Outputs[0].Name} {n.Outputs[0].Shape}"));

    private static void AssertOrdered(Graph graph)
    {
        var known = new HashSet<Value>(graph.Inputs);
        foreach (Node node in graph.Nodes)
        {
            foreach (Value? input in node.Inputs)
            {
                Assert.True(input is null || input.Constant is not null || known.Contains(input), $"{node} reads '{input?.Name}' before it is computed\n{Print(graph)}");
            }

            known.UnionWith(node.Outputs);
        }
    }
}
