using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>An operator that folds any number of broadcasting inputs element by element.</summary>
/// <param name="name">ONNX's name.</param>
/// <param name="function">Function of the expression language that folds two values.</param>
public abstract class VariadicOperator(string name, string function) : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        string result = MapLowering.OperandName(0);
        for (int i = 1; i < node.Inputs.Count; i++)
        {
            result = $"({function} {result} {MapLowering.OperandName(i)})";
        }

        return result;
    }

    /// <summary>Reference of the fold.</summary>
    protected abstract double Fold(double a, double b);

    /// <summary>Reference of the fold for integers.</summary>
    protected abstract Int128 Fold(Int128 a, Int128 b);

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x)
    {
        double result = x[0];
        for (int i = 1; i < x.Length; i++)
        {
            result = Fold(result, x[i]);
        }

        return result;
    }

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x)
    {
        Int128 result = x[0];
        for (int i = 1; i < x.Length; i++)
        {
            result = Fold(result, x[i]);
        }

        return result;
    }
}

/// <summary>The largest of the inputs, NaN if any is NaN (ONNX Max, opsets 6 to 13).</summary>
public sealed class Max() : VariadicOperator("Max", "max")
{
    /// <inheritdoc/>
    protected override double Fold(double a, double b) => Math.Max(a, b);

    /// <inheritdoc/>
    protected override Int128 Fold(Int128 a, Int128 b) => Int128.Max(a, b);
}

/// <summary>The smallest of the inputs, NaN if any is NaN (ONNX Min, opsets 6 to 13).</summary>
public sealed class Min() : VariadicOperator("Min", "min")
{
    /// <inheritdoc/>
    protected override double Fold(double a, double b) => Math.Min(a, b);

    /// <inheritdoc/>
    protected override Int128 Fold(Int128 a, Int128 b) => Int128.Min(a, b);
}

/// <summary>The sum of the inputs (ONNX Sum, opsets 6 to 13).</summary>
public sealed class Sum() : VariadicOperator("Sum", "add")
{
    /// <inheritdoc/>
    protected override double Fold(double a, double b) => a + b;

    /// <inheritdoc/>
    protected override Int128 Fold(Int128 a, Int128 b) => a + b;
}

/// <summary>The mean of the inputs (ONNX Mean, opsets 6 to 13).</summary>
public sealed class Mean() : VariadicOperator("Mean", "add")
{
    /// <inheritdoc/>
    public override string Expression(Node node) => node.Inputs.Count == 1 ? "a" : $"(div {base.Expression(node)} {Number(node, node.Inputs.Count)})";

    /// <inheritdoc/>
    protected override double Fold(double a, double b) => a + b;

    /// <inheritdoc/>
    protected override Int128 Fold(Int128 a, Int128 b) => a + b;

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => base.Real(node, x) / x.Length;
}
