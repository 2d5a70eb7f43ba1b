using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>Operators on sequences and optionals, carried out while the model is read: positions and sizes must be known by then.</summary>
internal sealed class SequenceReader
{
    private readonly GraphReader reader;
    private readonly NodeProto proto;
    private readonly string title;
    private readonly Body body;
    private readonly List<Value?> inputs;
    private readonly Attributes attributes;

    private SequenceReader(GraphReader reader, NodeProto proto, string title, Body body)
    {
        this.reader = reader;
        this.proto = proto;
        this.title = title;
        this.body = body;
        inputs = proto.Input.Select(i => i.Length == 0 ? null : reader.Find(i, title, body)).ToList();
        IEnumerable<AttributeProto> plain = AttributeReader.Bind(proto.Attribute, body.Parameters).Where(a => a.Name is "axis" or "keepdims" or "new_axis");
        attributes = AttributeReader.Read([.. plain], reader.Context.Tensors, title);
    }

    /// <summary>What reads an operator; null for operators on tensors.</summary>
    public static Func<GraphReader, NodeProto, string, Body, IReadOnlyList<Value>>? Find(string domain, string operatorName)
    {
        Func<SequenceReader, IReadOnlyList<Value>>? read = (domain, operatorName) switch
        {
            ("", "SequenceEmpty") => r => r.Made([]),
            ("", "SequenceConstruct") => r => r.Made(r.inputs.Select((_, i) => r.Tensor(i))),
            ("", "SequenceInsert") => r => r.Insert(),
            ("", "SequenceErase") => r => r.Erase(),
            ("", "SequenceAt") => r => [r.Sequence(0).Items[r.Position(1, r.Sequence(0).Items.Count) ?? throw r.Bad("it has no position")]],
            ("", "SequenceLength") => r => [r.reader.Graph.Constant(r.title, IR.Tensor.Scalar((long)r.Sequence(0).Items.Count))],
            ("", "SplitToSequence") => r => r.Split(),
            ("", "ConcatFromSequence") => r => [r.Concat()],
            ("", "SequenceMap") => r => r.Map(),
            ("", "Optional") => r => [r.inputs.ElementAtOrDefault(0) ?? new SequenceValue(r.title, null)],
            ("", "OptionalHasElement") => r => [r.reader.Graph.Constant(r.title, IR.Tensor.Scalar(r.inputs.ElementAtOrDefault(0) is not (null or SequenceValue { IsNothing: true })))],
            ("", "OptionalGetElement") => r => [r.inputs.ElementAtOrDefault(0) is { } held and not SequenceValue { IsNothing: true } ? held : throw r.Bad("the optional holds nothing")],
            _ => null,
        };
        return read is null ? null : (reader, proto, title, body) => read(new SequenceReader(reader, proto, title, body));
    }

    private IReadOnlyList<Value> Made(IEnumerable<Value> items) => [new SequenceValue(proto.Output.FirstOrDefault() ?? title, items.ToList())];

    private IReadOnlyList<Value> Insert()
    {
        List<Value> items = [.. Sequence(0).Items];
        items.Insert(Position(2, items.Count, end: 1) ?? items.Count, Tensor(1));
        return Made(items);
    }

    private IReadOnlyList<Value> Erase()
    {
        List<Value> items = [.. Sequence(0).Items];
        if (items.Count == 0)
        {
            throw Bad("the sequence is empty");
        }

        items.RemoveAt(Position(1, items.Count) ?? (items.Count - 1));
        return Made(items);
    }

    private IReadOnlyList<Value> Split()
    {
        Value whole = Tensor(0);
        int axis = Axis(whole.Shape.Rank), size = whole.Shape[axis];
        List<long> sizes;
        bool keep = true;
        if (inputs.ElementAtOrDefault(1) is not null)
        {
            Tensor split = Constant(1, "the sizes of the parts");
            long[] given = Enumerable.Range(0, (int)split.Count).Select(i => split.GetInt64(i)).ToArray();
            if (split.Shape.Rank == 0 && given[0] <= 0)
            {
                throw Bad($"parts of {given[0]} cannot be");
            }

            sizes = split.Shape.Rank > 0 ? [.. given] : Enumerable.Range(0, (int)((size + given[0] - 1) / given[0])).Select(i => Math.Min(given[0], size - (i * given[0]))).ToList();
        }
        else
        {
            sizes = [.. Enumerable.Repeat(1L, size)];
            keep = attributes.Int("keepdims", 1) != 0;
        }

        if (sizes.Any(s => s < 0) || sizes.Sum() != size)
        {
            throw Bad($"parts of {string.Join(", ", sizes)} do not make up the {size} of axis {axis}");
        }

        if (sizes.Count == 0)
        {
            return Made([]);
        }

        IReadOnlyList<Value> parts = Add("Split", [whole, Longs([.. sizes])], sizes.Count, new Attributes().Set("axis", axis));
        return Made(keep ? parts : parts.Select(p => Add("Squeeze", [p, Longs(axis)], 1, null)[0]));
    }

    private Value Concat()
    {
        SequenceValue sequence = Sequence(0);
        SequenceValue.Refuse(sequence.Items, title, "joins");
        if (sequence.Items.Count == 0)
        {
            throw Bad("the sequence is empty");
        }

        bool stack = attributes.Int("new_axis", 0) != 0;
        int axis = Axis(sequence.Items[0].Shape.Rank + (stack ? 1 : 0));
        IEnumerable<Value> parts = stack ? sequence.Items.Select(i => Add("Unsqueeze", [i, Longs(axis)], 1, null)[0]).ToList() : sequence.Items;
        return Add("Concat", parts, 1, new Attributes().Set("axis", axis))[0];
    }

    private IReadOnlyList<Value> Map()
    {
        GraphProto function = GraphReader.Subgraph(proto, "body", title, body);
        int count = Sequence(0).Items.Count;
        var results = function.Output.Select(_ => new List<Value>()).ToList();
        for (int i = 0; i < count; i++)
        {
            List<Value> given = inputs.Select((input, k) => input switch
            {
                SequenceValue many when many.Items.Count == count => many.Items[i],
                SequenceValue other => throw Bad($"'{other.Name}' has {other.Items.Count} elements, the first sequence {count}"),
                _ => input ?? throw Bad($"input {k} is missing"),
            }).ToList();
            List<Value> made = SubgraphReader.Inline(reader, function, body, $"{title}/{i}/", given);
            for (int k = 0; k < results.Count; k++)
            {
                results[k].Add(made[k]);
            }
        }

        return results.SelectMany(Made).ToList();
    }

    private SequenceValue Sequence(int input) => inputs.ElementAtOrDefault(input) as SequenceValue ?? throw Bad($"input {input} is not a sequence");

    private Value Tensor(int input) => inputs.ElementAtOrDefault(input) ?? throw Bad($"input {input} is missing");

    private Tensor Constant(int input, string what) => Tensor(input) is { Constant: { } constant } ? constant
        : throw new CompileException(Catalogue.NotConstant(title, proto.OpType, $"{what} must be known at compile time", OperatorException.Sources(Tensor(input))));

    // Null where the input is left out.
    private int? Position(int input, int count, int end = 0)
    {
        if (inputs.ElementAtOrDefault(input) is null)
        {
            return null;
        }

        Tensor constant = Constant(input, "the position");
        if (constant.Count != 1 || constant.Type is not (ElementType.Int64 or ElementType.Int32))
        {
            throw Bad($"the position must be one integer, not {Tensor(input).TensorType}");
        }

        long given = Numbers.ReadInteger(constant, 0) is var number && number < 0 ? (long)(number + count) : (long)number;
        return given >= 0 && given < count + end ? (int)given : throw Bad($"there is no position {given} in a sequence of {count}");
    }

    private int Axis(int rank)
    {
        long axis = attributes.Int("axis", 0);
        return axis >= -rank && axis < rank ? (int)(axis < 0 ? axis + rank : axis) : throw Bad($"axis {axis} is not one of {rank}");
    }

    private Value Longs(params long[] values) => reader.Graph.Constant(title + " sizes", IR.Tensor.Vector(values));

    private IReadOnlyList<Value> Add(string operatorName, IEnumerable<Value?> operands, int outputs, Attributes? given) =>
        reader.Add(operatorName, title, operands, [.. Enumerable.Repeat("", outputs)], given, null);

    private CompileException Bad(string why) => new(Catalogue.BadNode(title, proto.OpType, why));
}
