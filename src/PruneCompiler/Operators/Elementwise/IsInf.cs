using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Whether x is infinite (ONNX IsInf, opsets 10 to 20); each sign can be left out.</summary>
public sealed class IsInf : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "IsInf";

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        bool positive = node.Attributes.Int("detect_positive", 1) != 0, negative = node.Attributes.Int("detect_negative", 1) != 0;
        return positive && negative ? $"(equal (abs a) {Number(node, double.PositiveInfinity)})"
            : positive ? $"(equal a {Number(node, double.PositiveInfinity)})"
            : negative ? $"(equal a {Number(node, double.NegativeInfinity)})"
            : "(and (isnan a) false)";
    }

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => (double.IsPositiveInfinity(x[0]) && node.Attributes.Int("detect_positive", 1) != 0) || (double.IsNegativeInfinity(x[0]) && node.Attributes.Int("detect_negative", 1) != 0) ? 1 : 0;
}
