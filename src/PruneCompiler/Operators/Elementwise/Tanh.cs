using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The hyperbolic tangent (ONNX Tanh, opsets 6 to 13).</summary>
public sealed class Tanh : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Tanh";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(tanh a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Tanh(x[0]);
}
