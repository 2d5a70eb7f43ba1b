using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>log of the sum of e^x (ONNX ReduceLogSumExp, opsets 1 to 18), computed as m + log(sum of e^(x - m)) with m the largest x, so that nothing overflows.</summary>
public sealed class ReduceLogSumExp() : ReduceOperator("ReduceLogSumExp", "add")
{
    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value x = node.Input(0);
        bool[] reduced = Reduced(node);
        if (!x.Type.IsFloat())
        {
            throw new OperatorException(node, $"{x.Type.Text()} is not supported: cast to a float type first");
        }

        // A maximum that is not finite is taken as 0, so that infinities come out as infinities and not as NaN.
        Storage largest = lowering.Scratch(node.Name + " largest", new TensorType(x.Type, node.Outputs[0].Shape));
        lowering.Reduce(node, $"{node.Name}: the largest of each group, to keep the exponentials from overflowing.", largest, [lowering.Read(x)], x.Shape, reduced, "a", "max", "r");
        Storage result = lowering.Write(node.Outputs[0]);
        Storage wide = largest with { Shape = x.Shape, Strides = ReduceLowering.Widen(largest, x.Shape, reduced) };
        string safe = "(select (less (abs b) {0}) b {1})".Replace("{0}", Inf(x)).Replace("{1}", Zero(x));
        lowering.Reduce(node, $"{node.Name}: the sum of e^(x - largest).", result, [lowering.Read(x), wide], x.Shape, reduced, $"(exp (sub a {safe}))", "add", "(log r)");
        string again = "(add a (select (less (abs b) {0}) b {1}))".Replace("{0}", Inf(x)).Replace("{1}", Zero(x));
        lowering.MapStorages(node, $"{node.Name}: the largest comes back.", result, [result, largest], again);
    }

    /// <inheritdoc/>
    protected override double Real(IReadOnlyList<double> x)
    {
        double largest = x.Aggregate(double.NegativeInfinity, Math.Max);
        double safe = double.IsFinite(largest) ? largest : 0;
        return Math.Log(x.Sum(v => Math.Exp(v - safe))) + safe;
    }

    private static string Inf(Value x) => Expressions.Literal(double.PositiveInfinity, Emit.ElementKinds.Computed(x.Type.Text())).ToString();

    private static string Zero(Value x) => Expressions.Literal(0, Emit.ElementKinds.Computed(x.Type.Text())).ToString();
}
