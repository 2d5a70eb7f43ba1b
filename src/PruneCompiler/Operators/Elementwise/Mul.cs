using PruneCompiler.Analyze;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>a * b (ONNX Mul, opsets 7 to 14); integers wrap around.</summary>
public sealed class Mul : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Mul";

    /// <inheritdoc/>
    public override ChannelRule Channels => ElementwiseRule.Product;

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => "(mul a b)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] * x[1];

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => unchecked(x[0] * x[1]);
}
