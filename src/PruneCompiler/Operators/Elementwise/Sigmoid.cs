using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>1 / (1 + e^-x) (ONNX Sigmoid, opsets 6 to 13).</summary>
public sealed class Sigmoid : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Sigmoid";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(sigmoid a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => 1 / (1 + Math.Exp(-x[0]));
}
