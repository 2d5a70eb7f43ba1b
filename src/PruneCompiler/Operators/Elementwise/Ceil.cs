using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The next whole number upwards (ONNX Ceil, opsets 6 to 13).</summary>
public sealed class Ceil : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Ceil";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(ceil a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Ceiling(x[0]);
}
