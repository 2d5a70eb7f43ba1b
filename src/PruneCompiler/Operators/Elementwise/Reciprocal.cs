using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>1 / x (ONNX Reciprocal, opsets 6 to 13).</summary>
public sealed class Reciprocal : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Reciprocal";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(div {Number(node, 1)} a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => 1 / x[0];
}
