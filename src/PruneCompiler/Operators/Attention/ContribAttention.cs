using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>What ONNX Runtime's attention operators with a projection share: queries, keys and values side by side become attention.</summary>
/// <param name="name">The operator's name.</param>
/// <param name="past">Number of the input with past keys and values [2, batch, heads, length, size].</param>
public abstract class ProjectedAttention(string name, int past) : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>Element type of the result.</summary>
    protected virtual ElementType ResultType(Node node) => node.Input(0).Type;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        if (x.Rank != 3 || node.Input(1).Shape.Rank != 2)
        {
            throw new OperatorException(node, $"an input of shape {x} with weights of shape {node.Input(1).Shape} is not supported");
        }

        long[] sizes = Sizes(node);
        int heads = (int)node.Attributes.Int("num_heads"), before = node.InputOrNull(past)?.Shape[3] ?? 0;
        var present = new Shape(2, x[0], heads, before + x[1], (int)sizes[1] / Math.Max(1, heads));
        return [new TensorType(ResultType(node), new Shape(x[0], x[1], (int)sizes[2])), new TensorType(ResultType(node), present)];
    }

    /// <summary>Attention over the projected input.</summary>
    /// <param name="f">Where to write.</param>
    /// <param name="node">The node.</param>
    /// <param name="all">Queries, keys and values of all heads, side by side.</param>
    /// <param name="maskInput">Number of the input with the mask.</param>
    /// <param name="bias">What is added to the scores, or null.</param>
    private protected IReadOnlyList<Value> Attend(FunctionBuilder f, Node node, Value all, int maskInput, Value? bias)
    {
        Node parts = f.Node("Split", new Attributes().Set("axis", 2), 3, all, f.Integers(Sizes(node)));
        Value? pastKey = null, pastValue = null;
        if (node.InputOrNull(past) is { } states)
        {
            (pastKey, pastValue) = (State(0), State(1));
            Value State(int which) => f.Add("Gather", new Attributes().Set("axis", 0), states, f.Constant(Tensor.Scalar<long>(which)));
        }

        int keys = all.Shape[1] + (pastKey?.Shape[2] ?? 0);
        Value? mask = node.InputOrNull(maskInput) is { } raw ? ContribMask.Of(f, node, raw, all.Type, keys) : null;
        mask = bias is null || mask is null ? bias ?? mask : f.Add("Add", mask, bias);
        bool shows = node.Outputs.Count > 1;
        Node attention = f.Node("Attention", ContribMask.Attributes(node), shows ? 3 : 1, parts.Outputs[0], parts.Outputs[1], parts.Outputs[2], mask, pastKey, pastValue);
        return shows ? [attention.Outputs[0], f.Add("Concat", new Attributes().Set("axis", 0), First(attention.Outputs[1]), First(attention.Outputs[2]))] : [attention.Outputs[0]];

        Value First(Value value) => f.Add("Unsqueeze", value, f.Integers(0));
    }

    private static long[] Sizes(Node node)
    {
        long width = node.Input(1).Shape[-1];
        return node.Attributes.Ints("qkv_hidden_sizes") ?? [width / 3, width / 3, width / 3];
    }
}

/// <summary>
/// Projection to queries, keys and values, then attention (com.microsoft Attention). Inputs: x [batch, length, features], weights [features, 3 * size], bias, mask_index (see
/// <see cref="ContribMask"/>), past, attention_bias. A function of simpler operators.
/// </summary>
public sealed class ContribAttention() : ProjectedAttention("Attention", 4)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value all = f.Add("MatMul", node.Input(0), node.Input(1));
        all = node.InputOrNull(2) is { } bias ? f.Add("Add", all, bias) : all;
        return Attend(f, node, all, 3, node.InputOrNull(5));
    }
}

/// <summary>
/// Attention whose projection is one of 8-bit integers (com.microsoft QAttention). Inputs: x [batch, length, features] and weights [features, 3 * size] as integers, a float bias, the scales of x and
/// weights, mask_index, the zero points of x and weights, past. A function of simpler operators.
/// </summary>
public sealed class QuantizedAttention() : ProjectedAttention("QAttention", 8)
{
    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => node.Input(3).Type;

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value?[] operands = [node.Input(0), node.Input(1), node.Input(3), node.Input(4), node.InputOrNull(6), node.InputOrNull(7), node.Input(2)];
        return Attend(f, node, graph.Insert(node, node.Name + "_projection", "MatMulIntegerToFloat", operands, domain: Domain).Outputs[0], 5, null);
    }
}

/// <summary>
/// Attention over projected queries, keys and values (com.microsoft MultiHeadAttention). Inputs: query, key, value [batch, length, size], or packed as [batch, length, heads, 3, size] in the first,
/// or keys and values as [batch, length, heads, 2, size] in the second; bias [3 * size], key_padding_mask (see <see cref="ContribMask"/>), attention_bias, past_key, past_value. A function of simpler operators.
/// </summary>
public sealed class MultiHeadAttention() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "MultiHeadAttention";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape q = node.Input(0).Shape;
        int heads = (int)node.Attributes.Int("num_heads");
        Shape k = node.InputOrNull(1)?.Shape ?? q, v = node.InputOrNull(2)?.Shape ?? k;
        if (heads < 1 || q.Rank is not (3 or 5) || k.Rank is < 3 or > 5 || v.Rank is < 3 or > 5 || (node.InputOrNull(2) is null && k.Rank != 5))
        {
            throw new OperatorException(node, $"queries {q}, keys {k} and values {v} with {heads} heads are not supported");
        }

        int keyLength = Length(k) + (node.InputOrNull(6)?.Shape[2] ?? 0);
        ElementType type = node.Input(0).Type;
        return
        [
            new TensorType(type, new Shape(q[0], q[1], heads * Size(v, heads))),
            new TensorType(type, new Shape(q[0], heads, keyLength, Size(k, heads))),
            new TensorType(type, new Shape(q[0], heads, keyLength, Size(v, heads))),
        ];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value q = node.Input(0);
        Value[] parts = node.InputOrNull(1) is not { } k ? Unpacked(f, q)
            : node.InputOrNull(2) is not { } v ? [q, .. Unpacked(f, k)]
            : [q, Flat(f, k), Flat(f, v)];
        if (node.InputOrNull(3) is { } bias)
        {
            Node slices = f.Node("Split", new Attributes().Set("axis", 0), 3, bias, f.Integers(parts[0].Shape[2], parts[1].Shape[2], parts[2].Shape[2]));
            parts = [.. parts.Select((p, i) => f.Add("Add", p, slices.Outputs[i]))];
        }

        Value? pastKey = node.InputOrNull(6), pastValue = node.InputOrNull(7);
        int keys = parts[1].Shape[1] + (pastKey?.Shape[2] ?? 0);
        Value? mask = node.InputOrNull(4) is { } raw ? ContribMask.Of(f, node, raw, q.Type, keys) : null;
        mask = node.InputOrNull(5) is { } more ? mask is null ? more : f.Add("Add", mask, more) : mask;
        Node attention = f.Node("Attention", ContribMask.Attributes(node), Math.Min(3, node.Outputs.Count), parts[0], parts[1], parts[2], mask, pastKey, pastValue);
        return [.. attention.Outputs];
    }

    private static int Length(Shape s) => s.Rank == 4 ? s[2] : s[1];

    private static int Size(Shape s, int heads) => s.Rank == 3 ? s[2] / heads : s[-1];

    // [batch, length, heads, parts, size]
    private static Value[] Unpacked(FunctionBuilder f, Value packed)
    {
        Shape s = packed.Shape;
        return [.. Enumerable.Range(0, s[3]).Select(i => f.Reshape(f.Add("Gather", new Attributes().Set("axis", 3), packed, f.Constant(Tensor.Scalar<long>(i))), s[0], s[1], s[2] * s[4]))];
    }

    private static Value Flat(FunctionBuilder f, Value x) => x.Shape.Rank == 4 ? f.Reshape(f.Transpose(x, 0, 2, 1, 3), x.Shape[0], x.Shape[2], x.Shape[1] * x.Shape[3]) : x;
}

/// <summary>What ONNX Runtime's attention operators have in common.</summary>
internal static class ContribMask
{
    /// <summary>An integer mask as an addend of the scores; hidden keys get mask_filter_value.</summary>
    /// <param name="f">Where to write.</param>
    /// <param name="node">The attention.</param>
    /// <param name="mask">0: hidden, as [batch, keys], [batch, queries, keys] or [batch, 1, queries, keys]; or [batch], the number of keys that are not hidden.</param>
    /// <param name="type">Type of the scores.</param>
    /// <param name="keys">Number of keys.</param>
    public static Value Of(FunctionBuilder f, Node node, Value mask, ElementType type, int keys)
    {
        Shape s = mask.Shape;
        Value seen = s.Rank switch
        {
            1 when s[0] == node.Input(0).Shape[0] => f.Add("Less", f.Constant(Tensor.Of<int>(new Shape(1, 1, 1, keys), [.. Enumerable.Range(0, keys)])), f.Reshape(mask, s[0], 1, 1, 1)),
            2 => f.Cast(f.Reshape(mask, s[0], 1, 1, s[1]), ElementType.Bool),
            3 => f.Cast(f.Reshape(mask, s[0], 1, s[1], s[2]), ElementType.Bool),
            4 => f.Cast(mask, ElementType.Bool),
            _ => throw new OperatorException(node, $"a mask of shape {s} is not supported"),
        };
        return f.Add("Where", seen, f.Number(0, type), f.Number(node.Attributes.Float("mask_filter_value", -10000f), type));
    }

    /// <summary>Attributes of the ONNX operator.</summary>
    public static Attributes Attributes(Node node)
    {
        long heads = node.Attributes.Int("num_heads");
        Attributes attributes = new Attributes().Set("q_num_heads", heads).Set("kv_num_heads", heads).Set("is_causal", node.Attributes.Int("unidirectional"));
        return node.Attributes.Float("scale") is var scale && scale != 0 ? attributes.Set("scale", scale) : attributes;
    }
}
