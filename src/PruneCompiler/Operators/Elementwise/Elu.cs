using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x, or alpha (e^x - 1) below zero (ONNX Elu, opsets 6 to 22); alpha is 1 unless given.</summary>
public sealed class Elu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Elu";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(select (less a {Number(node, 0)}) (mul (expm1 a) {Number(node, node.Attributes.Float("alpha", 1))}) a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < 0 ? node.Attributes.Float("alpha", 1) * (Math.Exp(x[0]) - 1) : x[0];
}
