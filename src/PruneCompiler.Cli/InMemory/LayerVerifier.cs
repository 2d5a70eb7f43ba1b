using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.InMemory;

/// <summary>One value inside of a model, as generated code and as the reference computes it.</summary>
/// <param name="Name">The value.</param>
/// <param name="Node">The node that computes it, with its operator.</param>
/// <param name="Difference">How far they are apart.</param>
/// <param name="HowCompiled">What was compiled to see it.</param>
public sealed record LayerDifference(string Name, string Node, TensorDifference Difference, string HowCompiled);

/// <summary>Finds the first value inside of a model in which the generated code departs from the reference evaluator.</summary>
/// <param name="load">Loads the model to compile anew: compiling edits the graph.</param>
/// <param name="loadReference">Loads the model for the reference evaluator.</param>
/// <param name="options">Options of the compilation.</param>
/// <param name="inputs">Inputs in graph order.</param>
public sealed class LayerVerifier(Func<ImportedModel> load, Func<ImportedModel> loadReference, CompileOptions options, IReadOnlyList<Tensor> inputs)
{
    // Every exposed value is a parameter of the generated method.
    private const int AtOnce = 64;

    /// <summary>Compares all floating-point values with everything exposed: each layer by itself, nothing fused across it and nothing removed.</summary>
    public IEnumerable<LayerDifference> Exposed()
    {
        List<(int Node, int Output)> places = Places();
        for (int start = 0; start < places.Count; start += AtOnce)
        {
            List<(int Node, int Output)> group = [.. places.Skip(start).Take(AtOnce)];
            foreach (LayerDifference difference in Compare(group, "with its neighbours exposed"))
            {
                yield return difference;
            }
        }
    }

    /// <summary>Compares the values of one model prefix after the other, each compiled as it is in the whole: channels removed, layers fused.</summary>
    public IEnumerable<LayerDifference> Prefixes() => Places().SelectMany(place => Compare([place], "as the end of a model of its own"));

    private List<(int Node, int Output)> Places()
    {
        Graph graph = load().Graph;
        return
        [
            .. graph.Nodes.SelectMany((node, n) => node.Outputs.Select((value, o) => (value, n, o)))
                .Where(p => p.value.Type.IsFloat() && p.value.Shape.Count > 0 && (p.value.Uses.Count > 0 || graph.Outputs.Contains(p.value)))
                .Select(p => (p.n, p.o)),
        ];
    }

    private List<LayerDifference> Compare(List<(int Node, int Output)> places, string how)
    {
        ImportedModel model = load(), reference = loadReference();
        Graph graph = model.Graph;
        List<Value> watched = [.. places.Select(p => graph.Nodes[p.Node].Outputs[p.Output])];
        List<string> nodes = [.. places.Select(p => $"{graph.Nodes[p.Node].Operator.Name} '{graph.Nodes[p.Node].Name}'")];
        List<string> names = [.. watched.Select(v => v.Name)];
        var expected = new Dictionary<Value, Tensor>();
        ReferenceEvaluator.Run(reference.Graph, reference.Graph.Inputs.Zip(inputs).ToDictionary(p => p.First.Name, p => p.Second), (value, content) => expected[value] = content);
        List<Value> expectedValues = [.. places.Select(p => reference.Graph.Nodes[p.Node].Outputs[p.Output])];

        graph.Outputs.Clear();
        foreach (Value value in watched)
        {
            graph.AddOutput(value, value.Name);
        }

        graph.RemoveUnread();
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(model, options));
        Tensor[] actual = net.Run(inputs);
        return [.. names.Select((name, i) => new LayerDifference(name, nodes[i], TensorDifference.Between(expected[expectedValues[i]], actual[i]), how))];
    }
}
