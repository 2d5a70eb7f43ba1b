using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>e to the power x (ONNX Exp, opsets 6 to 13).</summary>
public sealed class Exp : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Exp";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(exp a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Exp(x[0]);
}
