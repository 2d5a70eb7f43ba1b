using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;

namespace PruneCompiler.Import;

/// <summary>
/// Reads the bodies of If, Loop and Scan: in place, or into a graph of their own. A graph of its own reads nothing from around it directly:
/// what it captures becomes further inputs of the node and of the graph, so that passes see one ordinary node with ordinary readers.
/// </summary>
internal static class SubgraphReader
{
    private const int MaximumDepth = 32;

    /// <summary>Adds the nodes of a subgraph to the graph around it and returns the subgraph's outputs.</summary>
    public static List<Value> Inline(GraphReader reader, GraphProto proto, Body body, string prefix, IReadOnlyList<Value> inputs)
    {
        if (body.Depth == MaximumDepth)
        {
            throw new CompileException(Catalogue.Malformed(prefix, $"subgraphs nest more than {MaximumDepth} deep"));
        }

        if (proto.Input.Count != inputs.Count)
        {
            throw new CompileException(Catalogue.Malformed(prefix.TrimEnd('/'), $"the subgraph '{proto.Name}' has {proto.Input.Count} inputs where {inputs.Count} are given"));
        }

        Body inner = body with { Scope = new Scope(body.Scope, reader.Context.Tensors), Prefix = prefix, Depth = body.Depth + 1 };
        GraphReader.DefineInitializers(proto, inner.Scope);
        for (int i = 0; i < inputs.Count; i++)
        {
            if (!inner.Scope.Define(proto.Input[i].Name, inputs[i]))
            {
                throw new CompileException(Catalogue.Malformed(prefix.TrimEnd('/'), $"'{proto.Input[i].Name}' is defined twice"));
            }
        }

        reader.Read(proto.Node, inner);
        return proto.Output.Select(o => reader.Find(o.Name, prefix.TrimEnd('/'), inner)).ToList();
    }

    /// <summary>Reads a subgraph into a graph of its own whose inputs are the given values (constants among them need no input).</summary>
    public static Graph Separate(GraphReader reader, GraphProto proto, Body body, string prefix, IReadOnlyList<Value> inputs)
    {
        var graph = new Graph(reader.Graph) { Name = proto.Name };
        graph.Inputs.AddRange(inputs.Where(i => i.Constant is null));
        graph.Outputs.AddRange(Inline(new GraphReader(reader.Context, graph), proto, body, prefix, inputs));
        SequenceValue.Refuse(graph.Outputs, prefix.TrimEnd('/'), "a branch or body that is chosen in the run returns");
        graph.RemoveUnread();
        return graph;
    }

    /// <summary>Gives all the graphs the same further inputs, one for each value that any of them captures, and returns these values.</summary>
    public static List<Value> Capture(params Graph[] graphs)
    {
        var captures = graphs.SelectMany(Captured).Distinct().ToList();
        foreach (Graph graph in graphs)
        {
            var inside = captures.ToDictionary(c => c, c => new Value(graph.FreshName(c.Name + " inside"), c.TensorType));
            foreach (Node node in graph.Nodes)
            {
                for (int i = 0; i < node.Inputs.Count; i++)
                {
                    if (node.Inputs[i] is { } input && inside.TryGetValue(input, out Value? own))
                    {
                        node.SetInput(i, own);
                    }
                }
            }

            for (int i = 0; i < graph.Outputs.Count; i++)
            {
                graph.Outputs[i] = inside.GetValueOrDefault(graph.Outputs[i], graph.Outputs[i]);
            }

            graph.Inputs.AddRange(captures.Select(c => inside[c]));
        }

        return captures;
    }

    private static List<Value> Captured(Graph graph)
    {
        var own = new HashSet<Value>(graph.Inputs.Concat(graph.Nodes.SelectMany(n => n.Outputs)));
        return graph.Nodes.SelectMany(n => n.Inputs).Concat(graph.Outputs).Where(v => v is { Constant: null } && !own.Contains(v)).Select(v => v!).Distinct().ToList();
    }
}
