using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>And of each bit (ONNX BitwiseAnd, opset 18).</summary>
public sealed class BitwiseAnd : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "BitwiseAnd";

    /// <inheritdoc/>
    public override ChannelRule Channels => ElementwiseRule.Product;

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(bitand a b)";

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] & x[1];
}
