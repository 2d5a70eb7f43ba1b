using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import.Quantized;

/// <summary>A value as 8-bit integers with one scale and one zero point.</summary>
/// <param name="Whole">The integers, int8 or uint8.</param>
/// <param name="Scale">The real value of a step.</param>
/// <param name="Zero">The integer that stands for 0.</param>
internal sealed record Quantisation(Value Whole, float Scale, int Zero)
{
    /// <summary>The integers behind a float value: what a DequantizeLinear reads, or what a constant was folded from. Null when they are not 8 bits with one scale.</summary>
    public static Quantisation? Of(Graph graph, Value value)
    {
        if (value.Producer is { Operator: DequantizeLinear } node)
        {
            return value.Type == ElementType.Float32 && IsByte(node.Input(0).Type) && Parameters(node) is var (scale, zero) ? new(node.Input(0), scale, zero) : null;
        }

        return value.Origin is { Scale.Count: 1 } origin && IsByte(origin.Whole.Type)
            ? new(graph.Constant(value.Name + "_whole", origin.Whole), origin.Scale.As<float>()[0], origin.Zero is null ? 0 : (int)origin.Zero.GetInt64(0))
            : null;
    }

    /// <summary>Scale and zero point of a quantising or dequantising node, when both are single constants.</summary>
    public static (float Scale, int Zero)? Parameters(Node node)
    {
        if (node.ConstantInput(1) is not { Count: 1, Type: ElementType.Float32 } scale || (node.InputOrNull(2) is { } zero && zero.Constant is not { Count: 1 }))
        {
            return null;
        }

        float step = scale.As<float>()[0];
        return float.IsNormal(step) && step > 0 ? (step, (int)(node.ConstantInput(2)?.GetInt64(0) ?? 0)) : null;
    }

    /// <summary>True for the types that quantised layers compute with.</summary>
    public static bool IsByte(ElementType type) => type is ElementType.UInt8 or ElementType.Int8;

    /// <summary>A zero point as a constant of the integers' type.</summary>
    public static Value ZeroPoint(Graph graph, string name, ElementType type, int zero) =>
        graph.Constant(name + "_zero_point", type == ElementType.Int8 ? Tensor.Scalar((sbyte)zero) : Tensor.Scalar((byte)zero));

    /// <summary>The scale as a constant.</summary>
    public static Value ScaleOf(Graph graph, string name, float scale) => graph.Constant(name + "_scale", Tensor.Scalar(scale));
}

/// <summary>What lies between a layer and its quantised result: perhaps a Relu or Clip, then QuantizeLinear.</summary>
/// <param name="Node">The QuantizeLinear.</param>
/// <param name="Scale">Its scale.</param>
/// <param name="Zero">Its zero point.</param>
/// <param name="Low">Smallest integer that the bounds in front of it let through.</param>
/// <param name="High">Largest one.</param>
internal sealed record QuantisedTail(Node Node, float Scale, int Zero, int Low, int High)
{
    /// <summary>The type of the integers.</summary>
    public ElementType Type => Node.Outputs[0].Type;

    /// <summary>Follows a layer's result; null when it is not quantised to 8 bits, or read by others before.</summary>
    public static QuantisedTail? Of(Graph graph, Value value)
    {
        double low = double.NegativeInfinity, high = double.PositiveInfinity;
        while (value.Uses.Count == 1 && !graph.Outputs.Contains(value) && graph.IndexOf(value.Uses[0]) >= 0)
        {
            Node reader = value.Uses[0];
            switch (reader.Operator)
            {
                case Relu:
                    (low, high) = (Math.Max(low, 0), Math.Max(high, 0));
                    break;
                case Clip when reader.Input(0) == value && Clip.ConstantBounds(reader) is var (from, to) && from <= to:
                    (low, high) = (Math.Clamp(low, from, to), Math.Clamp(high, from, to));
                    break;
                case QuantizeLinear when Quantisation.IsByte(reader.Outputs[0].Type) && reader.Input(0) == value && Quantisation.Parameters(reader) is var (scale, zero):
                    return new(reader, scale, zero, Quantise(low, reader, scale, zero), Quantise(high, reader, scale, zero));
                default:
                    return null;
            }

            value = reader.Outputs[0];
        }

        return null;
    }

    // Quantising is monotone, so a bound in front of it is the quantised bound behind it.
    private static int Quantise(double bound, Node node, float scale, int zero)
    {
        (long least, long most) = QuantizeLinear.Range(node.Outputs[0].Type);
        return (int)Math.Clamp(Math.Round((float)bound / scale, MidpointRounding.ToEven) + zero, least, most);
    }
}
