using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>a / b (ONNX Div, opsets 7 to 14); integers are truncated towards zero, and a division by zero, which ONNX leaves open, gives 0.</summary>
public sealed class Div : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Div";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(div a b)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] / x[1];

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[1] == 0 ? 0 : x[0] / x[1];
}
