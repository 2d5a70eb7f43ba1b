using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>What <see cref="Attention"/> adds to the scores: the mask, minus infinity where a query must not see a key.</summary>
internal static class AttentionBias
{
    /// <summary>The bias, or null when there is none.</summary>
    public static Value? Of(FunctionBuilder f, Node node, AttentionSizes s, ElementType type)
    {
        Value? bias = node.InputOrNull(3) is { } mask ? Mask(f, mask, s, type) : null;
        Value? lengths = node.InputOrNull(6);
        if (node.Attributes.Int("is_causal") != 0)
        {
            bias = Add(f, bias, lengths is null ? Causal(f, s, type) : Causal(f, s, lengths, type));
        }

        if (lengths is not null)
        {
            Value inside = f.Add("Less", Range(f, s.TotalKeys, 1, 1, 1, s.TotalKeys), f.Reshape(lengths, s.Batch, 1, 1, 1));
            bias = Add(f, bias, Hidden(f, f.Add("Not", inside), type));
        }

        return bias;
    }

    /// <summary>Rows in which everything is hidden weigh nothing, where softmax would give NaN.</summary>
    public static Value WithoutEmptyRows(FunctionBuilder f, Value weights, Value? bias)
    {
        if (bias is null || (bias.Constant is { } known && !HasEmptyRow(known)))
        {
            return weights;
        }

        Value largest = f.Add("ReduceMax", bias, f.Integers(-1));
        return f.Add("Where", f.Add("Equal", largest, f.Number(double.NegativeInfinity, bias.Type)), f.Number(0, weights.Type), weights);
    }

    private static bool HasEmptyRow(Tensor bias)
    {
        int keys = bias.Shape[-1];
        return Enumerable.Range(0, bias.Count / Math.Max(1, keys)).Any(r => Enumerable.Range(r * keys, keys).All(i => double.IsNegativeInfinity(Numbers.ReadFloat(bias, i))));
    }

    private static Value Mask(FunctionBuilder f, Value mask, AttentionSizes s, ElementType type)
    {
        Value bias = mask.Type == ElementType.Bool ? f.Add("Where", mask, f.Number(0, type), f.Number(double.NegativeInfinity, type)) : f.Cast(mask, type);
        int missing = s.TotalKeys - mask.Shape[-1];
        if (missing == 0 || mask.Shape[-1] == 1)
        {
            return bias;
        }

        // Keys beyond the mask are hidden.
        return f.Add("Pad", bias, f.Integers(0, missing), f.Number(double.NegativeInfinity, type), f.Integers(-1));
    }

    // Query i stands at past + i and sees keys up to there.
    private static Value Causal(FunctionBuilder f, AttentionSizes s, ElementType type)
    {
        var bias = new Tensor(type, new Shape(s.Queries, s.TotalKeys));
        for (int i = 0; i < s.Queries; i++)
        {
            for (int k = s.PastKeys + i + 1; k < s.TotalKeys; k++)
            {
                Numbers.WriteFloat(bias, (i * s.TotalKeys) + k, double.NegativeInfinity);
            }
        }

        return f.Constant(bias);
    }

    // With lengths the last query of each batch element stands at the end of its keys.
    private static Value Causal(FunctionBuilder f, AttentionSizes s, Value lengths, ElementType type)
    {
        Value offsets = f.Add("Sub", f.Reshape(lengths, s.Batch, 1, 1, 1), f.Number(s.Queries, ElementType.Int64));
        Value place = f.Add("Add", Range(f, s.Queries, 1, 1, s.Queries, 1), offsets);
        return Hidden(f, f.Add("Less", place, Range(f, s.TotalKeys, 1, 1, 1, s.TotalKeys)), type);
    }

    private static Value Hidden(FunctionBuilder f, Value hidden, ElementType type) =>
        f.Add("Where", hidden, f.Number(double.NegativeInfinity, type), f.Number(0, type));

    private static Value Range(FunctionBuilder f, int count, params ReadOnlySpan<int> shape)
    {
        long[] values = [.. Enumerable.Range(0, count).Select(i => (long)i)];
        return f.Constant(Tensor.Of<long>(new Shape(shape), values));
    }

    private static Value Add(FunctionBuilder f, Value? bias, Value more) => bias is null ? more : f.Add("Add", bias, more);
}
