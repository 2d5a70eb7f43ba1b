using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x / (1 + |x|) (ONNX Softsign, opsets 1 to 22).</summary>
public sealed class Softsign : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Softsign";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(div a (add {Number(node, 1)} (abs a)))";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] / (1 + Math.Abs(x[0]));
}
