using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// softmax(softcap(Q K' scale) + mask) V (ONNX Attention, opsets 23 and 24; Vaswani et al., "Attention Is All You Need", 2017), for [batch, heads, length, size] or
/// [batch, length, heads * size]; with grouped heads, past keys and values, causal masks, and lengths per batch element. A function of simpler operators.
/// </summary>
/// <remarks>Inputs: Q, K, V, attn_mask, past_key, past_value, nonpad_kv_seqlen. Outputs: Y, present_key, present_value, qk_matmul_output.</remarks>
public sealed class Attention() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "Attention";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        var s = AttentionSizes.Of(node);
        ElementType type = node.Input(0).Type;
        Shape y = node.Input(0).Shape.Rank == 4 ? new Shape(s.Batch, s.QueryHeads, s.Queries, s.ValueSize) : new Shape(s.Batch, s.Queries, s.QueryHeads * s.ValueSize);
        return
        [
            new TensorType(type, y),
            new TensorType(type, new Shape(s.Batch, s.KeyHeads, s.TotalKeys, s.KeySize)),
            new TensorType(node.Input(2).Type, new Shape(s.Batch, s.KeyHeads, s.TotalKeys, s.ValueSize)),
            new TensorType(type, new Shape(s.Batch, s.QueryHeads, s.Queries, s.TotalKeys)),
        ];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        var s = AttentionSizes.Of(node);
        ElementType type = node.Input(0).Type;
        Value q = Heads(f, node.Input(0), s.QueryHeads), presentKey = Heads(f, node.Input(1), s.KeyHeads), presentValue = Heads(f, node.Input(2), s.KeyHeads);
        if (node.InputOrNull(4) is { } pastKey && node.InputOrNull(5) is { } pastValue)
        {
            presentKey = f.Add("Concat", new Attributes().Set("axis", 2), pastKey, presentKey);
            presentValue = f.Add("Concat", new Attributes().Set("axis", 2), pastValue, presentValue);
        }

        double scale = node.Attributes.Has("scale") ? node.Attributes.Float("scale") : 1 / Math.Sqrt(s.KeySize);
        Value keys = f.Transpose(Grouped(f, presentKey, s), 0, 1, 3, 2), values = Grouped(f, presentValue, s);

        // The root of the scale on both sides keeps small floats in range.
        Value raw = type is ElementType.Float32 or ElementType.Float64
            ? f.Add("MatMul", f.Add("Mul", q, f.Number(scale, type)), keys)
            : f.Add("MatMul", f.Add("Mul", q, f.Number(Math.Sqrt(scale), type)), f.Add("Mul", keys, f.Number(Math.Sqrt(scale), type)));
        Value capped = raw;
        if (node.Attributes.Float("softcap") is var cap && cap != 0)
        {
            capped = f.Add("Mul", f.Add("Tanh", f.Add("Div", raw, f.Number(cap, type))), f.Number(cap, type));
        }

        Value? bias = AttentionBias.Of(f, node, s, type);
        Value masked = bias is null ? capped : f.Add("Add", capped, bias);
        var precision = (ElementType)node.Attributes.Int("softmax_precision", (long)(type == ElementType.Float64 ? ElementType.Float64 : ElementType.Float32));
        Value weights = f.Cast(f.Add("Softmax", new Attributes().Set("axis", -1), f.Cast(masked, precision)), type);
        weights = AttentionBias.WithoutEmptyRows(f, weights, bias);
        Value result = f.Add("MatMul", weights, values);
        if (node.Input(0).Shape.Rank == 3)
        {
            result = f.Reshape(f.Transpose(result, 0, 2, 1, 3), s.Batch, s.Queries, s.QueryHeads * s.ValueSize);
        }

        Value shown = node.Attributes.Int("qk_matmul_output_mode") switch { 1 => capped, 2 => masked, 3 => weights, _ => raw };
        return [.. new[] { result, presentKey, presentValue, shown }.Take(node.Outputs.Count)];
    }

    /// <summary>[batch, length, heads * size] as [batch, heads, length, size].</summary>
    internal static Value Heads(FunctionBuilder f, Value x, int heads) => x.Shape.Rank == 4 ? x
        : f.Transpose(f.Reshape(x, x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads), 0, 2, 1, 3);

    // Every key head serves several neighbouring query heads.
    private static Value Grouped(FunctionBuilder f, Value x, AttentionSizes s)
    {
        if (s.QueryHeads == s.KeyHeads)
        {
            return x;
        }

        Value wide = f.Add("Unsqueeze", x, f.Integers(2));
        long[] shape = [s.Batch, s.KeyHeads, s.QueryHeads / s.KeyHeads, x.Shape[2], x.Shape[3]];
        return f.Reshape(f.Add("Expand", wide, f.Integers(shape)), s.Batch, s.QueryHeads, x.Shape[2], x.Shape[3]);
    }
}
