using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Xor of each bit (ONNX BitwiseXor, opset 18).</summary>
public sealed class BitwiseXor : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "BitwiseXor";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(bitxor a b)";

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] ^ x[1];
}
