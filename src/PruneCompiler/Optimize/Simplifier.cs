using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Optimize;

/// <summary>What a graph can do without before anything is known of its channels: nodes that do nothing, and nodes that repeat others.</summary>
public static class Simplifier
{
    /// <summary>Edits the graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="statistics">Told why layers are gone.</param>
    public static void Run(Graph graph, LayerStatistics? statistics = null)
    {
        RemoveNeutral.Run(graph, (node, why) => statistics?.Explain(node, why)); // first: what is left of two branches may then be equal
        MergeEqualNodes.Run(graph, (node, first) => statistics?.Explain(node, $"it computes the same as {first.Name}"));
    }
}
