using System.Globalization;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>saturate(round(x / scale) + zero point), rounding halves to even (ONNX QuantizeLinear, opsets 10 to 25).</summary>
public sealed class QuantizeLinear(string domain = "") : AffineQuantization(domain)
{
    /// <inheritdoc/>
    public override string Name => "QuantizeLinear";

    /// <summary>Smallest and largest value of a quantised integer type.</summary>
    public static (long Low, long High) Range(ElementType type) => type switch
    {
        ElementType.UInt8 => (0, 255),
        ElementType.Int8 => (-128, 127),
        ElementType.UInt16 => (0, 65535),
        ElementType.Int16 => (-32768, 32767),
        ElementType.UInt4 => (0, 15),
        ElementType.Int4 => (-8, 7),
        ElementType.UInt2 => (0, 3),
        ElementType.Int2 => (-2, 1),
        _ => throw new NotSupportedException(type.Text()),
    };

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        ElementType to = node.Outputs[0].Type;
        string ratio = $"(div {Float(node, 0, "a")} {Float(node, 1, "b")})";
        if (to.IsFloat())
        {
            return $"({(node.Attributes.Int("saturate", 1) != 0 ? "cast" : "cast!")} {to.Text()} {ratio})";
        }

        (long low, long high) = Range(to);
        string moved = node.InputOrNull(2) is null ? $"(round {ratio})" : $"(add (round {ratio}) (cast float32 c))";
        return string.Create(CultureInfo.InvariantCulture, $"(cast {to.Text()} (atmost (atleast {moved} {low}f) {high}f))");
    }

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node)
    {
        ElementType type = node.InputOrNull(2)?.Type ?? (ElementType)node.Attributes.Int("output_dtype", (long)ElementType.UInt8);
        bool supported = type is ElementType.UInt8 or ElementType.Int8 or ElementType.UInt16 or ElementType.Int16 or ElementType.UInt4 or ElementType.Int4 or ElementType.UInt2 or ElementType.Int2
            || (type.IsFloat() && type.Size() == 1);
        return supported ? type : throw new OperatorException(node, $"cannot quantise to {type.Text()}");
    }

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x)
    {
        // In single precision, as the operator is defined: a tie that it sees must be a tie here.
        double ratio = (float)x[0] / (float)x[1];
        ElementType to = node.Outputs[0].Type;
        if (to.IsFloat())
        {
            return ratio;
        }

        (long low, long high) = Range(to);
        return Math.Clamp(Math.Round(ratio, MidpointRounding.ToEven) + (x.Length > 2 ? x[2] : 0), low, high);
    }

    private static string Float(Node node, int input, string name) => node.Input(input).Type == ElementType.Float32 ? name : $"(cast float32 {name})";
}
