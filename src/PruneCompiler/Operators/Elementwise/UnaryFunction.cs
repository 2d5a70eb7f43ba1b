using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>A function of one float that the base library has; its name in the expression language is the operator's in lower case.</summary>
/// <param name="name">ONNX's name.</param>
/// <param name="function">Reference value.</param>
public abstract class UnaryFunction(string name, Func<double, double> function) : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Expression(Node node) => $"({name.ToLowerInvariant()} a)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => function(x[0]);
}
