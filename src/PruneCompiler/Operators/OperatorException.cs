using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>A node that its operator cannot accept; becomes a diagnostic that names the node.</summary>
public sealed class OperatorException(Node node, string why) : Exception($"{node.Operator.Name} '{node.Name}': {why}")
{
    /// <summary>The node.</summary>
    public Node Node { get; } = node;

    /// <summary>What is wrong and, where there is one, the way out.</summary>
    public string Why { get; } = why;

    /// <summary>The input that would have to be constant, when that is the reason.</summary>
    public Value? MissingConstant { get; init; }
}
