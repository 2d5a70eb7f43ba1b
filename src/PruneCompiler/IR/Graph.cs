using PruneCompiler.Operators;

namespace PruneCompiler.IR;

/// <summary>A model's computation: nodes in an order in which every value is produced before it is read.</summary>
public sealed class Graph
{
    private readonly HashSet<string> names = new(StringComparer.Ordinal);

    /// <summary>Name in the model.</summary>
    public string Name { get; set; } = "";

    /// <summary>Inputs in graph order (initializers are constants, not inputs).</summary>
    public List<Value> Inputs { get; } = [];

    /// <summary>Outputs in graph order.</summary>
    public List<Value> Outputs { get; } = [];

    /// <summary>Nodes in topological order.</summary>
    public List<Node> Nodes { get; } = [];

    /// <summary>A value name that is not taken yet, built from <paramref name="stem"/>.</summary>
    public string FreshName(string stem)
    {
        string name = stem;
        for (int i = 1; !names.Add(name); i++)
        {
            name = $"{stem}_{i}";
        }

        return name;
    }

    /// <summary>Reserves a name that came with the model; false when it was taken.</summary>
    public bool ReserveName(string name) => names.Add(name);

    /// <summary>Makes a node with fresh outputs, infers their types, and inserts it before <paramref name="before"/> (or at the end).</summary>
    public Node Insert(Node? before, string name, string operatorName, IEnumerable<Value?> inputs, Attributes? attributes = null, int outputs = 1, string domain = "", int opset = Operator.NewestOpset)
    {
        Operator definition = OperatorRegistry.Find(domain, operatorName) ?? throw new InvalidOperationException($"no operator {domain}.{operatorName}");
        var results = Enumerable.Range(0, outputs).Select(i => new Value(FreshName(i == 0 ? name : $"{name}_{i}"))).ToList();
        var node = new Node(name, definition, opset, inputs, results, attributes);
        definition.InferTypes(node);
        Nodes.Insert(before is null ? Nodes.Count : Nodes.IndexOf(before), node);
        return node;
    }

    /// <summary>A new constant with a fresh name.</summary>
    public Value Constant(string stem, Tensor tensor) => Value.Of(FreshName(stem), tensor);

    /// <summary>Makes every reader of <paramref name="old"/> (graph outputs included) read <paramref name="replacement"/>.</summary>
    /// <remarks>A graph output keeps its name: the replacement takes it over.</remarks>
    public void Replace(Value old, Value replacement)
    {
        foreach (Node user in old.Uses.ToArray())
        {
            for (int i = 0; i < user.Inputs.Count; i++)
            {
                if (user.Inputs[i] == old)
                {
                    user.SetInput(i, replacement);
                }
            }
        }

        for (int i = 0; i < Outputs.Count; i++)
        {
            if (Outputs[i] == old)
            {
                Outputs[i] = replacement;
            }
        }
    }

    /// <summary>Removes a node whose outputs nobody needs.</summary>
    public void Remove(Node node)
    {
        node.Detach();
        Nodes.Remove(node);
    }

    /// <summary>Removes every node that no graph output depends on. Returns how many.</summary>
    public int RemoveUnread()
    {
        var needed = new HashSet<Value>(Outputs);
        int removed = 0;
        for (int i = Nodes.Count - 1; i >= 0; i--)
        {
            Node node = Nodes[i];
            if (node.Outputs.Any(o => needed.Contains(o) || o.Uses.Count > 0))
            {
                continue;
            }

            node.Detach();
            Nodes.RemoveAt(i);
            removed++;
        }

        return removed;
    }
}
