using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The opposite of each bit (ONNX BitwiseNot, opset 18).</summary>
public sealed class BitwiseNot : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "BitwiseNot";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(bitnot a)";

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => ~x[0];
}
