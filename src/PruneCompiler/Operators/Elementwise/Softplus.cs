using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>log(1 + e^x) (ONNX Softplus, opsets 1 to 22).</summary>
public sealed class Softplus : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Softplus";

    /// <inheritdoc/>
    public override string Expression(Node node) => Formula(node);

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] > 30 ? x[0] + Math.Exp(-x[0]) : Runtime.ScalarMath.Log1P(Math.Exp(x[0]));

    /// <summary>max(x, 0) + log(1 + e^-|x|): nothing overflows, and small results keep their digits.</summary>
    internal static string Formula(Node node) => $"(add (atleast a {Number(node, 0)}) (log1p (exp (neg (abs a)))))";
}
