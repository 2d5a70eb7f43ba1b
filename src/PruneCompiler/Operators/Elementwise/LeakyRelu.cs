using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x, or alpha x below zero (ONNX LeakyRelu, opsets 6 to 16); alpha is 0.01 unless given.</summary>
public sealed class LeakyRelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "LeakyRelu";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(select (less a {Number(node, 0)}) (mul a {Number(node, node.Attributes.Float("alpha", 0.01f))}) a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < 0 ? node.Attributes.Float("alpha", 0.01f) * x[0] : x[0];
}
