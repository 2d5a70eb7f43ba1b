using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The nearest whole number, the even one of two (ONNX Round, opsets 11 to 22).</summary>
public sealed class Round : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Round";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(round a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Round(x[0], MidpointRounding.ToEven);
}
