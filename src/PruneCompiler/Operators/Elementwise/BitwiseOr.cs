using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Or of each bit (ONNX BitwiseOr, opset 18).</summary>
public sealed class BitwiseOr : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "BitwiseOr";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(bitor a b)";

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] | x[1];
}
