using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>max(0, x) + min(0, alpha (e^(x / alpha) - 1)) (ONNX Celu, opset 12); alpha is 1 unless given.</summary>
public sealed class Celu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Celu";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(select (less a {Number(node, 0)}) (mul (expm1 (div a {Number(node, Alpha(node))})) {Number(node, Alpha(node))}) a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < 0 ? Alpha(node) * (Math.Exp(x[0] / Alpha(node)) - 1) : x[0];

    private static float Alpha(Node node) => node.Attributes.Float("alpha", 1);
}
