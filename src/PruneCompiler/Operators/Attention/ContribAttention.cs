using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Projection to queries, keys and values, then attention (com.microsoft Attention). Inputs: x [batch, length, features], weights [features, 3 * size], bias, mask_index [batch, keys] or [batch, queries, keys]. A function of simpler operators.</summary>
public sealed class ContribAttention() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "Attention";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        long[] sizes = Sizes(node);
        return [new TensorType(node.Input(0).Type, new Shape(x[0], x[1], (int)sizes[2]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        if (node.InputOrNull(4) is not null || node.Outputs.Count > 1)
        {
            throw new OperatorException(node, "past and present states are not supported");
        }

        var f = new FunctionBuilder(graph, node);
        Value all = f.Add("MatMul", node.Input(0), node.Input(1));
        all = node.InputOrNull(2) is { } bias ? f.Add("Add", all, bias) : all;
        Node parts = f.Node("Split", new Attributes().Set("axis", 2), 3, all, f.Integers(Sizes(node)));
        Value? mask = node.InputOrNull(3) is { } raw ? ContribMask.Of(f, node, raw, all.Type) : null;
        mask = node.InputOrNull(5) is { } relative ? mask is null ? relative : f.Add("Add", mask, relative) : mask;
        return [f.Add("Attention", ContribMask.Attributes(node), parts.Outputs[0], parts.Outputs[1], parts.Outputs[2], mask)];
    }

    private static long[] Sizes(Node node)
    {
        long width = node.Input(1).Shape[-1];
        return node.Attributes.Ints("qkv_hidden_sizes") ?? [width / 3, width / 3, width / 3];
    }
}

/// <summary>Attention over projected queries, keys and values (com.microsoft MultiHeadAttention). Inputs: query, key, value [batch, length, size], bias [3 * size], key_padding_mask [batch, keys], attention_bias. A function of simpler operators.</summary>
public sealed class MultiHeadAttention() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "MultiHeadAttention";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => node.InputOrNull(1) is null || node.InputOrNull(2) is null || node.Input(0).Shape.Rank != 3
        ? throw new OperatorException(node, "packed queries, keys and values are not supported")
        : [new TensorType(node.Input(0).Type, node.Input(0).Shape.With(2, node.Input(2).Shape.Rank == 4 ? node.Input(2).Shape[1] * node.Input(2).Shape[3] : node.Input(2).Shape[2]))];

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        if (node.InputOrNull(6) is not null || node.Outputs.Count > 1)
        {
            throw new OperatorException(node, "past and present states are not supported");
        }

        var f = new FunctionBuilder(graph, node);
        Value[] parts = [node.Input(0), node.Input(1), node.Input(2)];
        int heads = (int)node.Attributes.Int("num_heads");
        for (int i = 1; i < 3; i++)
        {
            if (parts[i].Shape.Rank == 4)
            {
                Shape s = parts[i].Shape;
                parts[i] = f.Reshape(f.Transpose(parts[i], 0, 2, 1, 3), s[0], s[2], s[1] * s[3]);
            }
        }

        if (node.InputOrNull(3) is { } bias)
        {
            Node slices = f.Node("Split", new Attributes().Set("axis", 0), 3, bias, f.Integers(parts[0].Shape[2], parts[1].Shape[2], parts[2].Shape[2]));
            parts = [.. parts.Select((p, i) => f.Add("Add", p, slices.Outputs[i]))];
        }

        Value? mask = node.InputOrNull(4) is { } raw ? ContribMask.Of(f, node, raw, parts[0].Type) : null;
        mask = node.InputOrNull(5) is { } more ? mask is null ? more : f.Add("Add", mask, more) : mask;
        return [f.Add("Attention", ContribMask.Attributes(node), parts[0], parts[1], parts[2], mask)];
    }
}

/// <summary>What ONNX Runtime's attention operators have in common.</summary>
internal static class ContribMask
{
    /// <summary>An integer mask (0: hidden) as an addend of the scores; hidden keys get mask_filter_value.</summary>
    public static Value Of(FunctionBuilder f, Node node, Value mask, ElementType type)
    {
        Shape s = mask.Shape;
        Value wide = s.Rank switch
        {
            2 => f.Reshape(mask, s[0], 1, 1, s[1]),
            3 => f.Reshape(mask, s[0], 1, s[1], s[2]),
            4 => mask,
            _ => throw new OperatorException(node, $"a mask of shape {s} is not supported"),
        };
        return f.Add("Where", f.Cast(wide, ElementType.Bool), f.Number(0, type), f.Number(node.Attributes.Float("mask_filter_value", -10000f), type));
    }

    /// <summary>Attributes of the ONNX operator.</summary>
    public static Attributes Attributes(Node node)
    {
        long heads = node.Attributes.Int("num_heads");
        Attributes attributes = new Attributes().Set("q_num_heads", heads).Set("kv_num_heads", heads).Set("is_causal", node.Attributes.Int("unidirectional"));
        return node.Attributes.Float("scale") is var scale && scale != 0 ? attributes.Set("scale", scale) : attributes;
    }
}
