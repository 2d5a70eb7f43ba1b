using PruneCompiler.Operators;

namespace PruneCompiler.IR;

/// <summary>A model's computation: nodes in an order in which every value is produced before it is read.</summary>
public sealed class Graph
{
    private readonly HashSet<string> names;
    private readonly Dictionary<string, int> nextSuffix;
    private readonly List<string> outputNames = [];

    /// <summary>An empty graph.</summary>
    /// <param name="outer">The graph around a subgraph; names are then unique in both together.</param>
    public Graph(Graph? outer = null)
    {
        names = outer?.names ?? new(StringComparer.Ordinal);
        nextSuffix = outer?.nextSuffix ?? new(StringComparer.Ordinal);
    }

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
        while (!names.Add(name))
        {
            int i = nextSuffix.GetValueOrDefault(stem, 1); // remembered, or a thousand values of one stem would cost a million look-ups
            nextSuffix[stem] = i + 1;
            name = $"{stem}_{i}";
        }

        return name;
    }

    /// <summary>Appends an output under a name of its own (the value may be an input, a constant, or another output too).</summary>
    public void AddOutput(Value value, string name)
    {
        while (outputNames.Count < Outputs.Count)
        {
            outputNames.Add(Outputs[outputNames.Count].Name);
        }

        Outputs.Add(value);
        outputNames.Add(name);
    }

    /// <summary>The name of an output in the model, whatever value computes it now.</summary>
    public string OutputName(int index) => index < outputNames.Count ? outputNames[index] : Outputs[index].Name;

    /// <summary>Where a node is in the order; -1 when it is not in this graph.</summary>
    public int IndexOf(Node node)
    {
        // Searched from where the node was last seen: edits move nodes by a few places at a time.
        int at = Math.Min(node.Position, Nodes.Count - 1);
        for (int distance = 0; distance < Nodes.Count; distance++)
        {
            int below = at - distance, above = at + distance;
            int found = below >= 0 && Nodes[below] == node ? below : above < Nodes.Count && Nodes[above] == node ? above : -1;
            if (found >= 0)
            {
                return node.Position = found;
            }

            if (below < 0 && above >= Nodes.Count)
            {
                break;
            }
        }

        return -1;
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
        int at = before is null ? Nodes.Count : IndexOf(before);
        Nodes.Insert(at >= 0 ? at : throw new InvalidOperationException($"{before} is in another graph"), node);
        node.Position = at;
        return node;
    }

    /// <summary>A new constant with a fresh name.</summary>
    public Value Constant(string stem, Tensor tensor) => Value.Of(FreshName(stem), tensor);

    /// <summary>Makes every reader of <paramref name="old"/> (graph outputs included) read <paramref name="replacement"/>.</summary>
    /// <remarks>An output keeps its name, see <see cref="OutputName"/>.</remarks>
    public void Replace(Value old, Value replacement)
    {
        if (old == replacement)
        {
            return;
        }

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
        int at = IndexOf(node);
        if (at >= 0)
        {
            Nodes.RemoveAt(at);
        }
    }

    /// <summary>Removes all nodes from a position on; nothing in front of it may read them.</summary>
    public void RemoveFrom(int index)
    {
        foreach (Node node in Nodes.Skip(index))
        {
            node.Detach();
        }

        Nodes.RemoveRange(index, Nodes.Count - index);
    }

    /// <summary>Removes every node that no graph output depends on. Returns how many.</summary>
    public int RemoveUnread()
    {
        var needed = new HashSet<Value>(Outputs);
        var unread = new HashSet<Node>();
        for (int i = Nodes.Count - 1; i >= 0; i--)
        {
            Node node = Nodes[i];
            if (!node.Outputs.Any(o => needed.Contains(o) || o.Uses.Count > 0))
            {
                node.Detach();
                unread.Add(node);
            }
        }

        return Nodes.RemoveAll(unread.Contains);
    }
}
