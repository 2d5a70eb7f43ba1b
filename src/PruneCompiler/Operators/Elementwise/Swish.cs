using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x sigmoid(alpha x) (ONNX Swish, opset 24; Ramachandran et al., "Searching for Activation Functions", 2017).</summary>
public sealed class Swish : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Swish";

    /// <inheritdoc/>
    public override string Expression(Node node) => node.Attributes.Float("alpha", 1) == 1 ? "(mul a (sigmoid a))" : $"(mul a (sigmoid (mul a {Number(node, node.Attributes.Float("alpha", 1))})))";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] / (1 + Math.Exp(-node.Attributes.Float("alpha", 1) * x[0]));
}
