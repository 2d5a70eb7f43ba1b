namespace PruneCompiler.Analyze;

/// <summary>What the analysis found.</summary>
public sealed class PruningFacts(FactTable values)
{
    /// <summary>Known and read elements of every value.</summary>
    public FactTable Values { get; } = values;

    /// <summary>Sentences for people, in graph order: what was removed and what became of it.</summary>
    public List<string> Notes { get; } = [];
}
