using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Whether x is no number (ONNX IsNaN, opsets 9 to 20).</summary>
public sealed class IsNaN : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "IsNaN";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(isnan a)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => double.IsNaN(x[0]) ? 1 : 0;
}
