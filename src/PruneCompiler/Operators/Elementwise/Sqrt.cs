using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The square root (ONNX Sqrt, opsets 6 to 13).</summary>
public sealed class Sqrt : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Sqrt";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(sqrt a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Sqrt(x[0]);
}
