using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The natural logarithm (ONNX Log, opsets 6 to 13).</summary>
public sealed class Log : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Log";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(log a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Log(x[0]);
}
