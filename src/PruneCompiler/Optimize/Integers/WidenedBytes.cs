using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize.Integers;

/// <summary>
/// Channels that pruning took out of a layer because they are constant, and put back in floats for a residual sum: the layer writes them itself, with weights of
/// zero and the constant as its bias, and the sum stays one of bytes.
/// </summary>
internal static class WidenedBytes
{
    /// <summary>The widened bytes of a layer; null where the constants are no bytes, or the layer cannot write them.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="before">Where new nodes go.</param>
    /// <param name="widen">Puts constants between the channels of bytes times a factor.</param>
    /// <param name="bytes">The bytes.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="offset">What was added to the product first; null for nothing.</param>
    public static Value? Of(Graph graph, Node before, Node widen, Value bytes, float factor, float? offset)
    {
        bool signed = bytes.Type == ElementType.Int8;
        Value result = signed && bytes.Producer is { Operator: FlipSign } flip ? flip.Input(0) : bytes;
        if (widen.Attributes.Int("axis") != 1 || signed == (result == bytes) || bytes.Uses.Count != 1 || result.Uses.Count != 1
            || result.Producer is not { Operator: IntegerProduct } product || IntegerProduct.IsMatrix(product) || product.Attributes.Int("group", 1) != 1
            || product.ConstantInput(1) is not { } weights || product.ConstantInput(3) is not { } scale || product.InputOrNull(2) is { Shape.Rank: > 1 })
        {
            return null;
        }

        int size = (int)widen.Attributes.Int("size"), each = weights.Count / Math.Max(1, weights.Shape[0]), yZero = (int)product.Attributes.Int("y_zero");
        int[] slices = Array.ConvertAll(widen.Attributes.Ints("slices")!, s => (int)s), missing = [.. Enumerable.Range(0, size).Except(slices)];
        if (Constants(widen, missing.Length, signed, factor, offset) is not { } constants || constants.Any(c => c < product.Attributes.Int("low") || c > product.Attributes.Int("high")))
        {
            return null;
        }

        var (wide, biases, scales) = (new short[size * each], new int[size], new float[size]);
        for (int i = 0; i < slices.Length; i++)
        {
            weights.As<short>().Slice(i * each, each).CopyTo(wide.AsSpan(slices[i] * each));
            biases[slices[i]] = product.ConstantInput(2)?.As<int>()[i] ?? 0;
            scales[slices[i]] = scale.As<float>()[i];
        }

        for (int i = 0; i < missing.Length; i++)
        {
            (biases[missing[i]], scales[missing[i]]) = (constants[i] - yZero, 1);
        }

        Value?[] inputs =
        [
            product.Input(0),
            graph.Constant(product.Name + "_weights", Tensor.Of<short>(weights.Shape.With(0, size), wide)),
            graph.Constant(product.Name + "_bias", Tensor.Vector<int>(biases)),
            graph.Constant(product.Name + "_scale", Tensor.Vector<float>(scales)),
        ];
        Value all = graph.Insert(before, product.Name, "IntegerProduct", inputs, product.Attributes.Clone(), domain: Narrow.OwnDomain).Outputs[0];
        return signed ? FlipSign.Add(graph, before, all) : all;
    }

    // The constant of each channel as the byte whose product with the factor it is, moved by 128 where it is signed.
    private static int[]? Constants(Node widen, int channels, bool signed, float factor, float? offset)
    {
        Tensor fill = widen.ConstantInput(1)!;
        if (fill.Type != ElementType.Float32 || fill.Shape.Count is var count && count != 1 && (count != channels || fill.Shape.Rank != widen.Outputs[0].Shape.Rank || fill.Shape[1] != channels))
        {
            return null;
        }

        var result = new int[channels];
        for (int i = 0; i < channels; i++)
        {
            float constant = fill.As<float>()[count == 1 ? 0 : i];
            int found = Enumerable.Range(0, 256).FirstOrDefault(b => Float(b) == constant, -1);
            if (found < 0)
            {
                return null;
            }

            result[i] = found;
        }

        return result;

        float Float(int b)
        {
            float product = (b - (signed ? 128 : 0)) * factor;
            return offset is { } added ? product + added : product;
        }
    }
}
