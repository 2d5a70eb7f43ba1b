using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The opposite truth value (ONNX Not, opset 1).</summary>
public sealed class Not : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Not";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(not a)";

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => 1 - x[0];
}
