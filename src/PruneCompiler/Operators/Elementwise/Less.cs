using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Whether a is below b (ONNX Less, opsets 7 to 13).</summary>
public sealed class Less : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Less";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(less a b)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < x[1] ? 1 : 0;

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] < x[1] ? 1 : 0;
}
