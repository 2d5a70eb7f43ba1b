using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Prune;

/// <summary>Removes what the analysis found: dead channels and constant channels leave the graph. Every edit is exact.</summary>
/// <remarks>
/// The nodes are made again in their order, each by its operator's <see cref="ChannelRule"/>, on values from which slices along
/// any axis may be missing. Where a rule needs slices that are missing, <see cref="Fit"/> puts them back
/// (<see cref="Widen"/>: they are constants, or nobody reads them), and where it needs fewer it takes them out (<see cref="Narrow"/>).
/// </remarks>
public sealed class Pruner
{
    private readonly Graph graph;
    private readonly PruningFacts facts;
    private readonly Dictionary<Value, Slim> slims = [];
    private readonly Dictionary<(Value Value, string Slices), Value> fitted = [];
    private readonly PruningNotes notes;

    private Pruner(Graph graph, PruningFacts facts)
    {
        this.graph = graph;
        this.facts = facts;
        notes = new PruningNotes(facts);
    }

    /// <summary>The facts of all values of the graph as it was.</summary>
    public FactTable Facts => facts.Values;

    /// <summary>Edits the graph in place.</summary>
    public static void Run(Graph graph, PruningFacts facts) => new Pruner(graph, facts).Run();

    /// <summary>The slices of the node's results that have to be computed, per axis; null for all. With several results, for any of them.</summary>
    public int[]?[] Slices(Node node) => node.Outputs.Count == 1 ? Facts[node.Outputs[0]].Slices() : Union(node.Outputs.Select(o => Facts[o]));

    /// <summary>The slices of a value that exist in the new graph, per axis; null for all.</summary>
    public int[]?[] Kept(Value original) => slims.TryGetValue(original, out Slim? slim) ? slim.Kept : new int[]?[original.Shape.Rank];

    /// <summary>The value of the new graph that stands for one of the old graph.</summary>
    public Value Current(Value original) => slims[original].Value;

    /// <summary>The value with all its slices.</summary>
    public Value Full(Value original) => Fit(original, new int[]?[original.Shape.Rank]);

    /// <summary>The value in the new graph with exactly these slices per axis (null: all of them).</summary>
    public Value Fit(Value original, int[]?[] slices)
    {
        string key = Key(slices);
        if (key.Length == slices.Length && original.Constant is not null)
        {
            return original;
        }

        if (!fitted.TryGetValue((original, key), out Value? value))
        {
            fitted.Add((original, key), value = Facts[original].IsConstant ? Known(original, slices) : Adapt(original, slices));
        }

        return value;
    }

    /// <summary>The known elements of a value at these slices, zero where not known; axes along which nothing varies may have size 1.</summary>
    public Tensor Content(Value original, int[]?[] slices)
    {
        Tensor content = Facts[original].Content ?? new Tensor(original.Type, new Shape(Grid.PadLeft([], slices.Length)));
        for (int a = 0; a < slices.Length; a++)
        {
            if (content.Shape[a] > 1)
            {
                content = TensorSlices.Take(content, a, slices[a]);
            }
        }

        return content;
    }

    /// <summary>Keeps a node as it is, on complete inputs.</summary>
    public void Keep(Node node) => Emit(node, node.Inputs.Select(i => i is null ? null : Full(i)).ToArray());

    /// <summary>Makes a node on new inputs; its outputs have the given slices (none given: all).</summary>
    public void Emit(Node node, Value?[] inputs, int[]?[]? slices = null, Attributes? attributes = null)
    {
        Node made = node;
        if (attributes is null && inputs.AsSpan().SequenceEqual(node.Inputs.ToArray()))
        {
            graph.Nodes.Add(node);
        }
        else
        {
            made = Make(node, inputs, attributes);
        }

        for (int i = 0; i < node.Outputs.Count; i++)
        {
            Set(node.Outputs[i], made.Outputs[i], slices ?? new int[]?[node.Outputs[i].Shape.Rank]);
        }
    }

    /// <summary>Makes a node like another one, on new inputs; its results have no meaning yet for the old graph's values.</summary>
    public Node Make(Node like, Value?[] inputs, Attributes? attributes = null)
    {
        IEnumerable<Value> outputs = like.Outputs.Select(o => new Value(graph.FreshName(o.Name))).ToList();
        var made = new Node(like.Name, like.Operator, like.Opset, inputs, outputs, attributes ?? like.Attributes);
        made.Operator.InferTypes(made);
        graph.Nodes.Add(made);
        return made;
    }

    /// <summary>Adds a node of another operator.</summary>
    public Value Add(string name, string operatorName, IEnumerable<Value?> inputs, Attributes? attributes = null, string domain = "") =>
        graph.Insert(null, name, operatorName, inputs, attributes, domain: domain).Outputs[0];

    /// <summary>A value with further slices of an axis between its own, see <see cref="Operators.Widen"/>.</summary>
    public Value Widen(Value x, int axis, int[] slices, int size, Tensor fill) => Operators.Widen.Add(graph, x, axis, slices, size, fill);

    /// <summary>A new constant.</summary>
    public Value Constant(string stem, Tensor tensor) => graph.Constant(stem, tensor);

    /// <summary>Says which value of the new graph stands for a value of the old one, and which slices of it exist.</summary>
    public void Set(Value original, Value value, int[]?[] kept)
    {
        slims[original] = new Slim(value, kept);
        fitted[(original, Key(kept))] = value;
    }

    private static string Key(int[]?[] slices) => string.Join(';', slices.Select(s => s is null ? "" : string.Join(',', s) + "."))
        + (slices.Length > 0 ? ";" : "");

    private static int[]?[] Union(IEnumerable<ValueFacts> results)
    {
        int[]?[]? union = null;
        foreach (ValueFacts result in results)
        {
            int[]?[] slices = result.Slices();
            union = union is null ? slices : union.Length != slices.Length ? new int[]?[union.Length]
                : union.Zip(slices, (a, b) => a is null || b is null ? null : a.Union(b).Order().ToArray()).ToArray();
        }

        return union!;
    }

    private void Run()
    {
        Node[] nodes = [.. graph.Nodes];
        var captured = new HashSet<Value>(ChannelAnalysis.Captured(graph));
        var own = new HashSet<Node>(nodes);
        graph.Nodes.Clear();
        foreach (Value input in graph.Inputs.Where(captured.Contains))
        {
            captured.Remove(input); // inputs stay as they are
        }

        foreach (Node node in nodes)
        {
            if (!node.Operator.IsPure || node.Outputs.Any(o => Facts[o].Needed.Any))
            {
                node.Operator.Channels.Rebuild(node, this);
            }

            notes.Add(node, this);
            foreach (Value output in node.Outputs.Where(captured.Contains))
            {
                Recapture(output, own);
            }
        }

        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            graph.Outputs[i] = Full(graph.Outputs[i]);
        }

        var kept = new HashSet<Node>(graph.Nodes);
        foreach (Node node in nodes.Reverse().Where(n => !kept.Contains(n)))
        {
            node.Detach();
        }

        graph.RemoveUnread();
    }

    private void Recapture(Value output, HashSet<Node> own)
    {
        Value full = Full(output);
        foreach (Node inner in output.Uses.Where(u => !own.Contains(u)).Distinct().ToArray())
        {
            for (int i = 0; i < inner.Inputs.Count; i++)
            {
                if (inner.Inputs[i] == output)
                {
                    inner.SetInput(i, full);
                }
            }
        }
    }

    private Value Known(Value original, int[]?[] slices)
    {
        int[] dims = original.Shape.Dims.ToArray();
        for (int a = 0; a < dims.Length; a++)
        {
            dims[a] = slices[a]?.Length ?? dims[a];
        }

        return graph.Constant(original.Name, TensorSlices.Expand(Content(original, slices), dims));
    }

    private Value Adapt(Value original, int[]?[] slices)
    {
        (Value value, int[]?[] kept) = slims.TryGetValue(original, out Slim? slim) ? slim : new Slim(original, new int[]?[slices.Length]);
        int[]?[] current = (int[]?[])kept.Clone();
        for (int a = 0; a < slices.Length; a++)
        {
            int[] have = kept[a] ?? Grid.Range(original.Shape[a]), want = slices[a] ?? Grid.Range(original.Shape[a]);
            int[] common = have.Intersect(want).ToArray();
            if (common.Length == 0)
            {
                return Known(original, slices); // nothing of what is there: all of it is constants, or not read
            }

            if (common.Length < have.Length)
            {
                value = Narrow.Add(graph, value, a, common.Select(c => Array.BinarySearch(have, c)).ToArray());
            }

            if (common.Length < want.Length)
            {
                int[]?[] missing = (int[]?[])current.Clone();
                missing[a] = want.Except(common).ToArray();
                value = Widen(value, a, common.Select(c => Array.BinarySearch(want, c)).ToArray(), want.Length, Content(original, missing));
            }

            current[a] = slices[a];
        }

        return value;
    }

    private sealed record Slim(Value Value, int[]?[] Kept);
}
