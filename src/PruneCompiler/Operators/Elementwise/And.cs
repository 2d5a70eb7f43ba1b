using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Truth value a and b (ONNX And, opset 7).</summary>
public sealed class And : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "And";

    /// <inheritdoc/>
    public override ChannelRule Channels => ElementwiseRule.Product;

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(and a b)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => ElementType.Bool;

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] & x[1];
}
