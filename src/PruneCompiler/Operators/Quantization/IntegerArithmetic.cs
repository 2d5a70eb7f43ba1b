using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// Writes the parts that the quantised operators consist of in front of a node. Integers are computed as whole numbers in floats:
/// every product and sum of magnitude below 2^24 is exact, and what is exact can be pruned, fused and vectorised like any other layer.
/// </summary>
internal sealed class IntegerArithmetic(Node node, Graph graph)
{
    /// <summary>Largest magnitude up to which float32 holds every whole number.</summary>
    private const double ExactLimit = 1 << 24;

    /// <summary>Attribute for the smallest integer that a fused Relu or Clip lets through; no file has it.</summary>
    public const string Low = "quantized_low";

    /// <summary>Attribute for the largest integer that a fused Clip lets through; no file has it.</summary>
    public const string High = "quantized_high";

    /// <summary>A constant with a fresh name.</summary>
    public Value Constant(Tensor tensor) => graph.Constant(node.Name + "_constant", tensor);

    /// <summary>Inserts a node and returns its first output.</summary>
    public Value Add(string operatorName, Attributes? attributes, params Value?[] inputs) =>
        graph.Insert(node, $"{node.Name}_{operatorName}", operatorName, inputs, attributes).Outputs[0];

    /// <summary>Inserts the node that stands for the whole in reports, under the name of the one that is taken apart.</summary>
    public Value AddLayer(string operatorName, Attributes? attributes, params Value?[] inputs) =>
        graph.Insert(node, node.Name, operatorName, inputs, attributes).Outputs[0];

    /// <summary>Attributes without the bounds of the quantised result.</summary>
    public static Attributes Plain(Attributes attributes)
    {
        var plain = new Attributes();
        foreach (string name in attributes.Names.Where(n => n is not (Low or High)))
        {
            plain.Set(name, attributes.Get(name)!);
        }

        return plain;
    }

    /// <summary>Inserts a node without attributes.</summary>
    public Value Add(string operatorName, params Value?[] inputs) => Add(operatorName, null, inputs);

    /// <summary>Converts to another element type.</summary>
    public Value Cast(Value value, ElementType type) => value.Type == type ? value : Add("Cast", new Attributes().Set("to", (long)type), value);

    /// <summary>value - zero, as whole numbers in <paramref name="type"/>; the zero point has been aligned by the caller.</summary>
    public Value Centred(Value value, Value? zero, ElementType type) =>
        zero is null || IsZero(zero) ? Cast(value, type) : Add("Sub", Cast(value, type), Cast(zero, type));

    /// <summary>A vector laid along one axis of <paramref name="rank"/> axes; scalars and single values become scalars.</summary>
    public Value? Along(Value? vector, int axis, int rank)
    {
        if (vector is null || vector.Shape.Rank == 0)
        {
            return vector;
        }

        int[] dims = Enumerable.Repeat(1, rank).ToArray();
        if (vector.Shape.Count > 1)
        {
            dims[axis] = checked((int)vector.Shape.Count);
        }

        return Shaped(vector, vector.Shape.Count == 1 ? [] : dims);
    }

    /// <summary>The value under another shape.</summary>
    public Value Shaped(Value value, params int[] dims) =>
        Add("Reshape", value, Constant(Tensor.Vector<long>(Array.ConvertAll(dims, d => (long)d))));

    /// <summary>(value - zero) * scale, per tensor or along an axis.</summary>
    public Value Real(Value value, Value scale, Value? zero, int axis = 1) =>
        Add("DequantizeLinear", new Attributes().Set("axis", axis), value, scale, zero);

    /// <summary>round(value / scale) + zero, saturated to the zero point's type (uint8 without one).</summary>
    public Value Quantised(Value value, Value scale, Value? zero) => Add("QuantizeLinear", value, scale, zero);

    /// <summary>round(sums * factor) + zero, saturated: the end of every integer layer.</summary>
    public Value Requantised(Value sums, Value factor, Value? zero, ElementType type)
    {
        Value rounded = Add("Round", Add("Mul", Cast(sums, ElementType.Float32), factor));
        Value moved = zero is null || IsZero(zero) ? rounded : Add("Add", rounded, Cast(zero, ElementType.Float32));
        return Saturated(moved, type);
    }

    /// <summary>Whole numbers limited to the type's range, or to the tighter one that a fused Relu or Clip gives, and converted.</summary>
    public Value Saturated(Value whole, ElementType type)
    {
        (long low, long high) = QuantizeLinear.Range(type);
        (low, high) = (node.Attributes.Int(Low, low), node.Attributes.Int(High, high));
        return Cast(Add("Clip", whole, Constant(Tensor.Scalar<float>(low)), Constant(Tensor.Scalar<float>(high))), type);
    }

    /// <summary>Quantised values limited by the bounds of a fused Relu or Clip, if there is one.</summary>
    public Value Bounded(Value quantised)
    {
        (long low, long high) = QuantizeLinear.Range(quantised.Type);
        return node.Attributes.Int(Low, low) == low && node.Attributes.Int(High, high) == high
            ? quantised
            : Saturated(Cast(quantised, ElementType.Float32), quantised.Type);
    }

    /// <summary>The type in which sums over <paramref name="weights"/> (centred) times inputs of magnitude up to 255 are exact.</summary>
    /// <param name="weights">Weights as they are stored; their zero point may add another 255.</param>
    /// <param name="terms">How many products make a sum.</param>
    /// <param name="bias">What is added to the sums; null for nothing.</param>
    public static ElementType ExactType(Value weights, int terms, Value? bias = null)
    {
        double offset = bias is null ? 0 : bias.Constant is { } known ? WholeTensors.Doubles(known).Select(Math.Abs).DefaultIfEmpty().Max() : int.MaxValue;
        double largest = 510;
        if (weights.Constant is { } content)
        {
            largest = 1;
            for (int i = 0; i < content.Count; i++)
            {
                largest = Math.Max(largest, Math.Abs(content.GetDouble(i)));
            }
        }

        return (largest * 255 * terms) + offset <= ExactLimit ? ElementType.Float32 : ElementType.Float64;
    }

    private static bool IsZero(Value value) => value.Constant is { } constant && constant.Bytes.All(b => b == 0);
}
