using PruneCompiler.Diagnostics;
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

    /// <summary>The message to the user. Names the graph inputs that a missing constant is computed from.</summary>
    public Diagnostic ToDiagnostic() => MissingConstant is null
        ? Catalogue.BadNode(Node.Name, Node.Operator.Name, Why)
        : Catalogue.NotConstant(Node.Name, Node.Operator.Name, Why, Sources(MissingConstant));

    /// <summary>The names of the graph inputs that a value is computed from.</summary>
    internal static List<string> Sources(Value value)
    {
        var seen = new HashSet<Value>();
        var open = new Stack<Value>([value]);
        var sources = new List<string>();
        while (open.TryPop(out Value? next))
        {
            if (next.Constant is not null || !seen.Add(next))
            {
                continue;
            }

            if (next.Producer is null)
            {
                sources.Add(next.Name);
            }
            else
            {
                foreach (Value? input in next.Producer.Inputs.Where(i => i is not null))
                {
                    open.Push(input!);
                }
            }
        }

        return sources;
    }
}
