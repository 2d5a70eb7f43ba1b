using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Truth value a or b (ONNX Or, opset 7).</summary>
public sealed class Or : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Or";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(or a b)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] | x[1];
}
