using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>gamma x, or gamma alpha (e^x - 1) below zero (ONNX Selu, opsets 6 to 22; Klambauer et al., "Self-Normalizing Neural Networks", 2017).</summary>
public sealed class Selu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Selu";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(mul (select (less a {Number(node, 0)}) (mul (expm1 a) {Number(node, Alpha(node))}) a) {Number(node, Gamma(node))})";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Gamma(node) * (x[0] < 0 ? Alpha(node) * (Math.Exp(x[0]) - 1) : x[0]);

    private static float Alpha(Node node) => node.Attributes.Float("alpha", 1.67326319217681884765625f);

    private static float Gamma(Node node) => node.Attributes.Float("gamma", 1.05070102214813232421875f);
}
