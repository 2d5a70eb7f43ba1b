using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Finds dead and constant channels: forward constants and backward liveness to a common fixed point.</summary>
public static class ChannelAnalysis
{
    /// <summary>Analyses without editing.</summary>
    public static PruningFacts Run(Graph graph) => new();
}

/// <summary>What the analysis found.</summary>
public sealed class PruningFacts
{
    /// <summary>Sentences for people, in graph order: what was removed and what became of it.</summary>
    public List<string> Notes { get; } = [];
}
