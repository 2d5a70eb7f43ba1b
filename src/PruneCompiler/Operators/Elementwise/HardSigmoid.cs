using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>alpha x + beta, limited to [0, 1] (ONNX HardSigmoid, opsets 6 to 22).</summary>
public sealed class HardSigmoid : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "HardSigmoid";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(atmost (atleast (add (mul a {Number(node, node.Attributes.Float("alpha", 0.2f))}) {Number(node, node.Attributes.Float("beta", 0.5f))}) {Number(node, 0)}) {Number(node, 1)})";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Max(0, Math.Min(1, (node.Attributes.Float("alpha", 0.2f) * x[0]) + node.Attributes.Float("beta", 0.5f)));
}
