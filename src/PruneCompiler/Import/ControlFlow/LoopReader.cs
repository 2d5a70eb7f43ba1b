using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>
/// Loop: short ones whose course is known are unrolled; any other becomes a node with a graph. A loop whose carried values change their shape
/// can only be unrolled.
/// </summary>
internal sealed class LoopReader
{
    // A short loop costs less code unrolled than kept, and its iterations fold and fuse.
    private const int UnrolledNodes = 512;

    // What is unrolled because there is no other way.
    private const int MaximumUnrolledNodes = 20_000;

    private readonly GraphReader reader;
    private readonly NodeProto proto;
    private readonly string title;
    private readonly Body body;
    private readonly GraphProto loop;
    private readonly Value? trips;
    private readonly Value? condition;
    private readonly List<Value> initial;

    private LoopReader(GraphReader reader, NodeProto proto, string title, Body body, GraphProto loop)
    {
        this.reader = reader;
        this.proto = proto;
        this.title = title;
        this.body = body;
        this.loop = loop;
        List<Value?> inputs = proto.Input.Select(i => i.Length == 0 ? null : reader.Find(i, title, body)).ToList();
        trips = inputs.ElementAtOrDefault(0);
        condition = inputs.ElementAtOrDefault(1);
        initial = inputs.Skip(2).Select(v => v ?? throw Bad("a carried value has no start")).ToList();
        if (trips is not null && (trips.Type != ElementType.Int64 || trips.Shape.Count != 1))
        {
            throw Bad($"the trip count must be one int64, not {trips.TensorType}");
        }

        if (condition is not null && (condition.Type != ElementType.Bool || condition.Shape.Count != 1))
        {
            throw Bad($"the condition must be one bool, not {condition.TensorType}");
        }

        if (loop.Input.Count != initial.Count + 2 || loop.Output.Count < initial.Count + 1)
        {
            throw Bad($"the body has {loop.Input.Count} inputs and {loop.Output.Count} outputs where {initial.Count} values are carried");
        }
    }

    private bool ScansOutputs => loop.Output.Count > initial.Count + 1;

    /// <summary>Reads a Loop node.</summary>
    public static IReadOnlyList<Value> Read(GraphReader reader, NodeProto proto, string title, Body body) =>
        new LoopReader(reader, proto, title, body, GraphReader.Subgraph(proto, "body", title, body)).Read();

    /// <summary>Reads a loop over a body that is not in the node (that of a Scan).</summary>
    public static IReadOnlyList<Value> Read(GraphReader reader, NodeProto proto, string title, Body body, GraphProto loop) =>
        new LoopReader(reader, proto, title, body, loop).Read();

    private IReadOnlyList<Value> Read()
    {
        if (condition?.Constant is { } start && start.Bytes[0] == 0)
        {
            return Unroll(0)!;
        }

        long? known = trips is null ? long.MaxValue : trips.Constant is { } constant ? Math.Max(0, constant.GetInt64(0)) : null;
        bool startKnown = condition is null or { Constant: not null };
        int mark = reader.Graph.Nodes.Count;
        if (known is { } count && startKnown && Fits(count, UnrolledNodes) && Unroll(count) is { } unrolled)
        {
            return unrolled;
        }

        reader.Graph.RemoveFrom(mark);
        try
        {
            return Keep();
        }
        catch (CompileException) when (known is { } many && startKnown && (trips is null || Fits(many, MaximumUnrolledNodes)))
        {
            reader.Graph.RemoveFrom(mark);
            if (Unroll(many) is { } longUnrolled)
            {
                return longUnrolled;
            }

            reader.Graph.RemoveFrom(mark);
            throw;
        }
        catch (CompileException e) when (known is null || !startKnown)
        {
            // Unrolling might have done it; say what that would need.
            IEnumerable<string> needed = new[] { trips, condition }.Where(v => v is { Constant: null }).SelectMany(v => OperatorException.Sources(v!));
            throw new CompileException(e.Diagnostics.Select(d => d with { NeededInputs = [.. needed.Distinct()] }).ToList());
        }
    }

    private bool Fits(long count, int nodes) => count <= nodes && count * loop.Node.Count <= nodes;

    // Null when an iteration's condition is not known at compile time.
    private List<Value>? Unroll(long count)
    {
        List<Value> carried = initial;
        var scans = Enumerable.Range(0, loop.Output.Count - initial.Count - 1).Select(_ => new List<Value>()).ToList();
        for (long i = 0; i < count; i++)
        {
            if (i * Math.Max(loop.Node.Count, 1) > MaximumUnrolledNodes)
            {
                return null;
            }

            Value iteration = reader.Graph.Constant("iteration", Tensor.Scalar(i)), go = reader.Graph.Constant("condition", Tensor.Scalar(true));
            List<Value> outputs = SubgraphReader.Inline(reader, loop, body, $"{title}/{i}/", [iteration, go, .. carried]);
            if (outputs[0].Constant is not { } next)
            {
                return null;
            }

            carried = outputs.GetRange(1, initial.Count);
            for (int k = 0; k < scans.Count; k++)
            {
                scans[k].Add(outputs[1 + initial.Count + k]);
            }

            if (next.Bytes[0] == 0)
            {
                break;
            }
        }

        return [.. carried, .. scans.Select(Stack)];
    }

    private Value Stack(List<Value> parts, int index)
    {
        SequenceValue.Refuse(parts, title, "it collects");
        if (parts.Count == 0)
        {
            // Only the body knows the type of nothing.
            Value example = Separate().Outputs[1 + initial.Count + index];
            return reader.Graph.Constant("nothing", new Tensor(example.Type, new Shape([0, .. example.Shape.Dims])));
        }

        Value first = reader.Graph.Constant("axis", Tensor.Vector(0L));
        List<Value> rows = parts.ConvertAll(p => reader.Add("Unsqueeze", $"{title} row", [p, first], [""], null, null)[0]);
        return rows.Count == 1 ? rows[0] : reader.Add("Concat", $"{title} rows", rows, [""], new Attributes().Set("axis", 0), null)[0];
    }

    // The condition is true whenever the body runs, so inside it is a constant.
    private Graph Separate()
    {
        var iteration = new Value(reader.Graph.FreshName(title + " iteration"), new TensorType(ElementType.Int64, trips?.Shape ?? Shape.Scalar));
        Value go = reader.Graph.Constant("condition", Tensor.Scalar(true));
        SequenceValue.Refuse(initial, title, "it carries");
        List<Value> inside = initial.Select((v, k) => new Value(reader.Graph.FreshName($"{title} carried {k}"), v.TensorType)).ToList();
        return SubgraphReader.Separate(reader, loop, body, title + "/", [iteration, go, .. inside]);
    }

    private IReadOnlyList<Value> Keep()
    {
        Graph inner = Separate();
        for (int k = 0; k < initial.Count; k++)
        {
            if (inner.Outputs[k + 1].TensorType != initial[k].TensorType)
            {
                throw Bad($"the carried value '{loop.Input[k + 2].Name}' changes from {initial[k].TensorType} to {inner.Outputs[k + 1].TensorType}; a loop that does so must have a constant trip count and condition, so that it can be unrolled");
            }
        }

        bool endless = trips is null && inner.Outputs[0].Constant is { } end && end.Bytes[0] != 0;
        if (endless)
        {
            throw Bad("it never ends: there is no trip count, and the condition stays true");
        }

        if (ScansOutputs && (trips?.Constant is null || inner.Outputs[0].Constant is null || condition is { Constant: null }))
        {
            // The number of rows is then known at run time only.
            Value open = trips is { Constant: null } ? trips : condition is { Constant: null } ? condition : inner.Outputs[0];
            throw new CompileException(Catalogue.NotConstant(title, "Loop", "it collects a row per iteration, so the trip count and the condition must be known at compile time", OperatorException.Sources(open)));
        }

        List<Value> captures = SubgraphReader.Capture(inner);
        var attributes = new Attributes().Set("body", inner).Set("carried", initial.Count);
        return reader.Add("Loop", title, [trips, condition, .. initial, .. captures], [.. proto.Output, .. Enumerable.Repeat("", loop.Output.Count - 1 - proto.Output.Count)], attributes, body);
    }

    private CompileException Bad(string why) => new(Catalogue.BadNode(title, "Loop", why));
}
