using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Runs a graph with the operators' own reference evaluation: slow, plain, and what every other way is compared with.</summary>
public static class ReferenceEvaluator
{
    /// <summary>Runs the graph once.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">Contents of the graph's inputs, by name.</param>
    /// <param name="watch">Sees every value as it is computed; may be null.</param>
    /// <returns>The outputs in graph order.</returns>
    public static Tensor[] Run(Graph graph, IReadOnlyDictionary<string, Tensor> inputs, Action<Value, Tensor>? watch = null)
    {
        var known = new Dictionary<Value, Tensor>();
        foreach (Value input in graph.Inputs)
        {
            Tensor given = inputs[input.Name];
            if (given.Type != input.Type || given.Shape != input.Shape)
            {
                throw new ArgumentException($"input '{input.Name}' is {input.TensorType}, not {given.Type.Text()} {given.Shape}");
            }

            known[input] = given;
        }

        Run(graph, known, watch);
        IReadOnlyDictionary<Value, DynamicSize> dynamic = DynamicSizes.Of(graph);
        return graph.Outputs.Select(o => dynamic.TryGetValue(o, out DynamicSize? size)
            ? DynamicSizes.Trim(Content(o, known), size.Axis, (int)known[size.Count].GetInt64(0))
            : Content(o, known)).ToArray();
    }

    /// <summary>Runs a subgraph on its inputs in order, and gives its outputs in order.</summary>
    public static Tensor[] Run(Graph graph, IReadOnlyList<Tensor?> inputs)
    {
        var known = new Dictionary<Value, Tensor>();
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            known[graph.Inputs[i]] = inputs[i]!;
        }

        Run(graph, known);
        return graph.Outputs.Select(o => Content(o, known)).ToArray();
    }

    /// <summary>Runs the nodes of a (sub)graph; outer and inner values live in one dictionary.</summary>
    public static void Run(Graph graph, Dictionary<Value, Tensor> known, Action<Value, Tensor>? watch = null)
    {
        foreach (Node node in graph.Nodes)
        {
            Tensor?[] arguments = node.Inputs.Select(v => v is null ? null : Content(v, known)).ToArray();
            Tensor[] results = node.Operator.Evaluate(node, arguments);
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                known[node.Outputs[i]] = results[i];
                watch?.Invoke(node.Outputs[i], results[i]);
            }
        }
    }

    private static Tensor Content(Value value, Dictionary<Value, Tensor> known) => value.Constant ?? known[value];
}
