using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Finds dead and constant channels: constants travel forward, liveness travels backward.</summary>
/// <remarks>
/// The graph has no cycles and what is read never changes what is known, so one pass in each direction is the fixed point.
/// Each operator says in its <see cref="ChannelRule"/> what it does with both.
/// </remarks>
public static class ChannelAnalysis
{
    /// <summary>Analyses without editing.</summary>
    public static PruningFacts Run(Graph graph)
    {
        var table = new FactTable();
        foreach (Node node in graph.Nodes)
        {
            node.Operator.Channels.Forward(node, table);
        }

        foreach (Value output in graph.Outputs)
        {
            table[output].ReadAll();
        }

        foreach (Value captured in Captured(graph))
        {
            table[captured].ReadAll();
        }

        for (int i = graph.Nodes.Count - 1; i >= 0; i--)
        {
            Node node = graph.Nodes[i];
            if (!node.Operator.IsPure || node.Outputs.Any(o => table[o].Needed.Any))
            {
                node.Operator.Channels.Backward(node, table);
            }
        }

        return new PruningFacts(table);
    }

    /// <summary>Values that nodes of subgraphs read.</summary>
    internal static IEnumerable<Value> Captured(Graph graph)
    {
        var own = new HashSet<Node>(graph.Nodes);
        return graph.Nodes.SelectMany(n => n.Outputs).Concat(graph.Inputs).Where(v => v.Uses.Any(u => !own.Contains(u)));
    }
}
