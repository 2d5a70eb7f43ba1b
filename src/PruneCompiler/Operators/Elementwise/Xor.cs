using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Truth value a xor b (ONNX Xor, opset 7).</summary>
public sealed class Xor : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Xor";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(xor a b)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] ^ x[1];
}
