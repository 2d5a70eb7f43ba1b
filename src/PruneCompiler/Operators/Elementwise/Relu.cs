using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>max(x, 0) (ONNX Relu, opsets 6 to 14).</summary>
public sealed class Relu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Relu";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(atleast a {Number(node, 0)})";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < 0 ? 0 : x[0];

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] < 0 ? 0 : x[0];
}
