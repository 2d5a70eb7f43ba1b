using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>min(max(x, low), high) (ONNX Clip, opsets 6 to 13): the bounds are attributes up to opset 10, optional scalar inputs from 11 on.</summary>
public sealed class Clip : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Clip";

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        string result = "a";
        if (node.InputOrNull(1) is not null || node.Attributes.Has("min"))
        {
            result = Bounded(node, 1, "atleast", "max", result, "min");
        }

        if (node.InputOrNull(2) is not null || node.Attributes.Has("max"))
        {
            result = Bounded(node, 2, "atmost", "min", result, "max");
        }

        return result;
    }

    /// <summary>Limits of a Clip whose bounds are known at compile time: infinities where there is none; null when a bound is computed.</summary>
    public static (double Low, double High)? ConstantBounds(Node node)
    {
        double? low = Bound(node, 1, "min", double.NegativeInfinity), high = Bound(node, 2, "max", double.PositiveInfinity);
        return low is { } l && high is { } h ? (l, h) : null;
    }

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x)
    {
        (int low, int high) = Places(node);
        double y = x[0], from = low > 0 ? x[low] : node.Attributes.Float("min", float.NegativeInfinity), to = high > 0 ? x[high] : node.Attributes.Float("max", float.PositiveInfinity);
        y = y < from ? from : y;
        return y > to ? to : y;
    }

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x)
    {
        (int low, int high) = Places(node);
        Int128 y = low > 0 ? Int128.Max(x[0], x[low]) : x[0];
        return high > 0 ? Int128.Min(y, x[high]) : y;
    }

    private static (int Low, int High) Places(Node node)
    {
        int low = node.InputOrNull(1) is null ? 0 : 1;
        return (low, node.InputOrNull(2) is null ? 0 : low + 1);
    }

    private static string Bounded(Node node, int input, string byConstant, string byValue, string x, string attribute)
    {
        if (node.InputOrNull(input) is not { } bound)
        {
            return $"({byConstant} {x} {Number(node, node.Attributes.Float(attribute))})";
        }

        // A bound that is computed could be NaN.
        string name = MapLowering.OperandName(input == 2 && node.InputOrNull(1) is null ? 1 : input);
        return $"({(bound.Constant is { } known && !double.IsNaN(Numbers.ReadFloat(known, 0)) ? byConstant : byValue)} {x} {name})";
    }

    private static double? Bound(Node node, int input, string attribute, double otherwise) =>
        node.InputOrNull(input) is { } bound ? bound.Constant is { Count: 1 } constant ? Numbers.ReadFloat(constant, 0) : null
        : node.Attributes.Has(attribute) ? node.Attributes.Float(attribute) : otherwise;
}
