using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x where it is above alpha, else 0 (ONNX ThresholdedRelu, opsets 10 to 22); alpha is 1 unless given.</summary>
public sealed class ThresholdedRelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "ThresholdedRelu";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(select (greater a {Number(node, node.Attributes.Float("alpha", 1))}) a {Number(node, 0)})";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] > node.Attributes.Float("alpha", 1) ? x[0] : 0;
}
