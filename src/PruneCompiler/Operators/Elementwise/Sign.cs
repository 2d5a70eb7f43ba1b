using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>-1, 0 or 1 (ONNX Sign, opsets 9 to 13).</summary>
public sealed class Sign : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Sign";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(sign a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => double.IsNaN(x[0]) ? 0 : Math.Sign(x[0]);

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => Int128.Sign(x[0]);
}
