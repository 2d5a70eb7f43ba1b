using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Whether a is at most b (ONNX LessOrEqual, opsets 12 to 16).</summary>
public sealed class LessOrEqual : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "LessOrEqual";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(lessequal a b)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] <= x[1] ? 1 : 0;

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] <= x[1] ? 1 : 0;
}
