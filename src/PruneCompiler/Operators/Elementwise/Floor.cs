using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The next whole number downwards (ONNX Floor, opsets 6 to 13).</summary>
public sealed class Floor : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Floor";

    /// <inheritdoc/>
    public override string Expression(Node node) => "(floor a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Floor(x[0]);
}
