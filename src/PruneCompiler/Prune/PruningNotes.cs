using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Prune;

/// <summary>Writes down for people what became of each layer.</summary>
internal sealed class PruningNotes(PruningFacts facts)
{
    /// <summary>Adds what there is to say about a node that has just been rebuilt.</summary>
    public void Add(Node node, Pruner pruner)
    {
        _ = facts;
    }
}
