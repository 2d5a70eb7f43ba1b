using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x tanh(log(1 + e^x)) (ONNX Mish, opsets 18 to 22; Misra, "Mish: A Self Regularized Non-Monotonic Activation Function", 2019).</summary>
public sealed class Mish : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Mish";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(mul a (tanh {Softplus.Formula(node)}))";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] * Math.Tanh(x[0] > 30 ? x[0] : Math.Log(1 + Math.Exp(x[0])));
}
