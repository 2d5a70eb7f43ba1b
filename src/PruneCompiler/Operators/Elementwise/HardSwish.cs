using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x max(0, min(1, x / 6 + 0.5)) (ONNX HardSwish, opsets 14 to 22; Howard et al., "Searching for MobileNetV3", 2019).</summary>
public sealed class HardSwish : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "HardSwish";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(mul a (atmost (atleast (add (mul a {Number(node, 1.0 / 6)}) {Number(node, 0.5)}) {Number(node, 0)}) {Number(node, 1)}))";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] * Math.Max(0, Math.Min(1, (x[0] / 6) + 0.5));
}
