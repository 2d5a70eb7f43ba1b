using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>-x (ONNX Neg, opsets 6 to 13).</summary>
public sealed class Neg : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Neg";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(neg a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => -x[0];

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => -x[0];
}
