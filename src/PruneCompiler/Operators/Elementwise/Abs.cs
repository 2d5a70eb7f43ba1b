using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The magnitude (ONNX Abs, opsets 6 to 13).</summary>
public sealed class Abs : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Abs";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(abs a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Abs(x[0]);

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => Int128.Abs(x[0]);
}
