using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

public class ReductionTests
{
    private static readonly string[] Names = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"];

    [Theory]
    [InlineData(0L)]
    [InlineData(1L)]
    [InlineData(2L)]
    [InlineData(-1L)]
    [InlineData(0L, 2L)]
    [InlineData(1L, 2L)]
    [InlineData(0L, 1L)]
    [InlineData(0L, 1L, 2L)]
    public void Reductions_agree_over_any_axes(params long[] axes)
    {
        OnnxBuilder model = new OnnxBuilder(18).Input("x", 3, 40, 35).Initializer("axes", axes).Initializer("one", [], 1f).Node("Add", ["x", "one"], ["positive"]);
        foreach (string name in Names)
        {
            // Positive for the logarithm; not far from 1 for the product, which would underflow otherwise.
            model.Node(name, [name is "ReduceLogSum" or "ReduceProd" ? "positive" : "x", "axes"], [name], ("keepdims", 0)).Output(name);
        }

        model.Node("ReduceMean", ["x", "axes"], ["kept"]).Output("kept");
        Differential.Check(model, 1e-5);
    }

    [Fact]
    public void Reductions_agree_on_operands_that_do_not_lie_in_order()
    {
        OnnxBuilder model = new OnnxBuilder(18).Input("x", 6, 20, 17).Node("Transpose", ["x"], ["t"], ("perm", new[] { 2, 0, 1 })).Initializer("axes", 1L);
        foreach (string name in Names.Where(n => n is not ("ReduceLogSum" or "ReduceProd")))
        {
            model.Node(name, ["t", "axes"], [name]).Output(name);
        }

        Differential.Check(model, 1e-5);
    }

    [Fact]
    public void Axes_may_be_an_attribute_or_left_out() => Differential.Check(
        new OnnxBuilder(11).Input("x", 4, 5, 6).Node("ReduceSum", ["x"], ["all"]).Node("ReduceMax", ["x"], ["some"], ("axes", new[] { 0, -1 }), ("keepdims", 0)).Output("all").Output("some"), 1e-5);

    [Fact]
    public void A_long_sum_keeps_its_digits() =>
        Differential.Check(new OnnxBuilder(13).Input("x", 1, 200001).Node("Abs", ["x"], ["a"]).Node("ReduceSum", ["a"], ["y"]).Output("y"), 1e-6);

    [Fact]
    public void Integer_reductions_agree() => Differential.Check(
        new OnnxBuilder(18).Input("x", ElementType.Int32, 4, 30).Initializer("axes", 1L)
            .Node("ReduceSum", ["x", "axes"], ["sum"]).Node("ReduceMax", ["x", "axes"], ["max"]).Node("ReduceMin", ["x", "axes"], ["min"]).Node("ReduceMean", ["x", "axes"], ["mean"])
            .Output("sum", ElementType.Int32).Output("max", ElementType.Int32).Output("min", ElementType.Int32).Output("mean", ElementType.Int32),
        0);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(-1, 1)]
    public void Indices_of_extremes_agree(int axis, int last)
    {
        // Whole numbers, so that there are equal ones.
        OnnxBuilder model = new OnnxBuilder(13).Input("x", ElementType.Int32, 5, 7, 9).Node("Cast", ["x"], ["f"], ("to", 1));
        foreach (string name in new[] { "ArgMax", "ArgMin" })
        {
            model.Node(name, ["f"], [name], ("axis", axis), ("select_last_index", last)).Output(name, ElementType.Int64);
        }

        Differential.Check(model, 0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void Running_sums_agree(int exclusive, int reverse) => Differential.Check(
        new OnnxBuilder(14).Input("x", 3, 8, 5).Initializer("axis", Tensor.Scalar(1)).Node("CumSum", ["x", "axis"], ["y"], ("exclusive", exclusive), ("reverse", reverse)).Output("y"), 1e-6);

    [Theory]
    [InlineData(13, 0)]
    [InlineData(13, 1)]
    [InlineData(13, -1)]
    [InlineData(11, 1)]
    [InlineData(11, 2)]
    public void Softmax_agrees_along_any_axis(int opset, int axis)
    {
        OnnxBuilder model = new OnnxBuilder(opset).Input("x", 4, 19, 23);
        foreach (string name in new[] { "Softmax", "LogSoftmax", "Hardmax" })
        {
            model.Node(name, ["x"], [name], ("axis", axis)).Output(name);
        }

        Differential.Check(model, 1e-5);
    }
}
