using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Whether a is at least b (ONNX GreaterOrEqual, opsets 12 to 16).</summary>
public sealed class GreaterOrEqual : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "GreaterOrEqual";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(greaterequal a b)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] >= x[1] ? 1 : 0;

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] >= x[1] ? 1 : 0;
}
