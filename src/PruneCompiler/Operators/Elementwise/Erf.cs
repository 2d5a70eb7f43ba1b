using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The error function (ONNX Erf, opsets 9 to 13).</summary>
public sealed class Erf : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Erf";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(erf a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Runtime.ScalarMath.Erf(x[0]);
}
