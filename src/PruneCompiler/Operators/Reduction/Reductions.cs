using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>The sum (ONNX ReduceSum, opsets 1 to 13).</summary>
public sealed class ReduceSum() : ReduceOperator("ReduceSum", "add")
{
    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => x.Sum();

    /// <inheritdoc/>
    protected override Int128 Whole(IReadOnlyList<Int128> x, ElementType type) => x.Aggregate((Int128)0, (a, b) => a + b);
}

/// <summary>The mean (ONNX ReduceMean, opsets 1 to 18).</summary>
public sealed class ReduceMean() : ReduceOperator("ReduceMean", "add")
{
    /// <inheritdoc/>
    protected override string Finish(string type, long count) => $"(div r {Expressions.Literal(count, type)})";

    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => x.Sum() / x.Count;
}

/// <summary>The product (ONNX ReduceProd, opsets 1 to 18).</summary>
public sealed class ReduceProd() : ReduceOperator("ReduceProd", "mul")
{
    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => x.Aggregate(1.0, (a, b) => a * b);

    /// <inheritdoc/>
    protected override Int128 Whole(IReadOnlyList<Int128> x, ElementType type) => x.Aggregate((Int128)1, (a, b) => unchecked((long)(a * b)));
}

/// <summary>The largest value, NaN if there is one; of nothing it is the type's smallest (ONNX ReduceMax, opsets 1 to 20).</summary>
public sealed class ReduceMax() : ReduceOperator("ReduceMax", "max")
{
    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => x.Aggregate(double.NegativeInfinity, Math.Max);

    /// <inheritdoc/>
    protected override Int128 Whole(IReadOnlyList<Int128> x, ElementType type) => x.Aggregate(IntegerRange.Of(type).Smallest, Int128.Max);
}

/// <summary>The smallest value, NaN if there is one; of nothing it is the type's largest (ONNX ReduceMin, opsets 1 to 20).</summary>
public sealed class ReduceMin() : ReduceOperator("ReduceMin", "min")
{
    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => x.Aggregate(double.PositiveInfinity, Math.Min);

    /// <inheritdoc/>
    protected override Int128 Whole(IReadOnlyList<Int128> x, ElementType type) => x.Aggregate(IntegerRange.Of(type).Largest, Int128.Min);
}

/// <summary>The sum of magnitudes (ONNX ReduceL1, opsets 1 to 18).</summary>
public sealed class ReduceL1() : ReduceOperator("ReduceL1", "add")
{
    /// <inheritdoc/>
    protected override string Value(string type) => "(abs a)";

    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => x.Sum(Math.Abs);
}

/// <summary>The root of the sum of squares (ONNX ReduceL2, opsets 1 to 18).</summary>
public sealed class ReduceL2() : ReduceOperator("ReduceL2", "add")
{
    /// <inheritdoc/>
    protected override string Value(string type) => "(mul a a)";

    /// <inheritdoc/>
    protected override string Finish(string type, long count) => FinishReal(type, "sqrt");

    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => Math.Sqrt(x.Sum(v => v * v));
}

/// <summary>The sum of squares (ONNX ReduceSumSquare, opsets 1 to 18).</summary>
public sealed class ReduceSumSquare() : ReduceOperator("ReduceSumSquare", "add")
{
    /// <inheritdoc/>
    protected override string Value(string type) => "(mul a a)";

    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => x.Sum(v => v * v);
}

/// <summary>The logarithm of the sum (ONNX ReduceLogSum, opsets 1 to 18).</summary>
public sealed class ReduceLogSum() : ReduceOperator("ReduceLogSum", "add")
{
    /// <inheritdoc/>
    protected override string Finish(string type, long count) => FinishReal(type, "log");

    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x) => Math.Log(x.Sum());
}
