using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x, or slope x below zero (ONNX PRelu, opsets 7 to 16); the slope broadcasts to x.</summary>
public sealed class PRelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "PRelu";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(select (less a {Number(node, 0)}) (mul a b) a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < 0 ? x[1] * x[0] : x[0];

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] < 0 ? x[1] * x[0] : x[0];
}
