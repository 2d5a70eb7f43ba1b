using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;
using static PruneCompiler.Tests.Testing.OnnxBuilder;

namespace PruneCompiler.Tests.Import;

public class ControlFlowTests
{
    private static readonly ValueInfoProto[] LoopInputs = [Info("i", ElementType.Int64), Info("c", ElementType.Bool)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void IfOfAnInputChoosesAtRunTime(bool condition) => Differential.Check(
        new OnnxBuilder().Input("c", ElementType.Bool).Input("x", 3)
            .Node("If", ["c"], ["y", "z"], ("then_branch", Branch("Relu", "Identity")), ("else_branch", Branch("Neg", "Abs"))).Output("y").Output("z"),
        inputs: new Dictionary<string, Tensor> { ["c"] = Tensor.Scalar(condition) });

    [Fact]
    public void IfOfAConstantIsItsBranch()
    {
        Graph graph = new OnnxBuilder().Input("x", 3).Initializer("c", Tensor.Scalar(false))
            .Node("If", ["c"], ["y", "z"], ("then_branch", Branch("Relu", "Relu")), ("else_branch", Branch("Neg", "Abs"))).Output("y").Output("z").Import().Graph;

        Assert.Equal(["Neg", "Abs"], graph.Nodes.Select(n => n.Operator.Name));
    }

    [Fact]
    public void BranchesOfDifferentShapesNeedAKnownCondition()
    {
        GraphProto other = Subgraph("else", [], [Info("o", ElementType.Float32, 6), Info("p", ElementType.Float32, 3)], MakeNode("n", "", "Concat", ["x", "x"], ["o"], ("axis", 0)), MakeNode("m", "", "Neg", ["x"], ["p"]));
        Diagnostic error = Assert.Single(new OnnxBuilder().Input("c", ElementType.Bool).Input("x", 3)
            .Node("If", ["c"], ["y", "z"], ("then_branch", Branch("Relu", "Identity")), ("else_branch", other)).Output("y").Output("z").ImportErrors());

        Assert.Equal("PRUNE0007", error.Id);
        Assert.Equal(["c"], error.NeededInputs);
    }

    [Theory]
    [InlineData(3)] // unrolled
    [InlineData(400)] // kept
    public void LoopOfKnownLength(long trips) => Differential.Check(
        new OnnxBuilder().Input("x", 4).Input("w", 4).Initializer("n", Tensor.Scalar(trips)).Initializer("yes", Tensor.Scalar(true)).Initializer("half", Tensor.Scalar(0.5f))
            .Node("Loop", ["n", "yes", "x", "w"], ["y", "z", "rows"], ("body", Subgraph(
                "body",
                [.. LoopInputs, Info("a", ElementType.Float32, 4), Info("b", ElementType.Float32, 4)],
                [Info("c2", ElementType.Bool), Info("b2", ElementType.Float32, 4), Info("a2", ElementType.Float32, 4), Info("row", ElementType.Float32, 4)],
                MakeNode("go", "", "Identity", ["c"], ["c2"]),
                MakeNode("swap", "", "Identity", ["b"], ["b2"]),
                MakeNode("sum", "", "Add", ["a", "x"], ["t"]),
                MakeNode("half", "", "Mul", ["t", "half"], ["a2"]),
                MakeNode("row", "", "Sub", ["a", "b"], ["row"]))))
            .Output("y").Output("z").Output("rows"));

    [Theory]
    [InlineData(0, true)]
    [InlineData(7, true)]
    [InlineData(50, true)]
    [InlineData(7, false)]
    public void LoopThatEndsAtRunTime(long trips, bool start) => Differential.Check(
        new OnnxBuilder().Input("x", 1).Input("n", ElementType.Int64).Input("go", ElementType.Bool).Initializer("limit", Tensor.Scalar(20f)).Initializer("one", Tensor.Scalar(1f))
            .Node("Loop", ["n", "go", "x"], ["y"], ("body", Subgraph(
                "body",
                [.. LoopInputs, Info("a", ElementType.Float32, 1)],
                [Info("c2", ElementType.Bool, 1), Info("a2", ElementType.Float32, 1)],
                MakeNode("grow", "", "Add", ["a", "one"], ["a2"]),
                MakeNode("test", "", "Less", ["a2", "limit"], ["c2"]))))
            .Output("y"),
        inputs: new Dictionary<string, Tensor> { ["n"] = Tensor.Scalar(trips), ["go"] = Tensor.Scalar(start) });

    [Fact]
    public void LoopWhoseCarriedValueGrowsIsUnrolled()
    {
        OnnxBuilder model = new OnnxBuilder().Input("x", 2).Initializer("n", Tensor.Scalar(200L))
            .Node("Loop", ["n", "", "x"], ["y"], ("body", Subgraph(
                "body",
                [.. LoopInputs, Info("a", ElementType.Float32, "k")],
                [Info("c2", ElementType.Bool), Info("a2", ElementType.Float32, "k")],
                MakeNode("go", "", "Identity", ["c"], ["c2"]),
                MakeNode("neg", "", "Neg", ["x"], ["m"]),
                MakeNode("grow", "", "Concat", ["a", "m"], ["a2"], ("axis", 0)))))
            .Output("y");

        Assert.Equal(new Shape(402), model.Import().Graph.Outputs[0].Shape);
    }

    [Fact]
    public void LoopWithoutEndIsRefused()
    {
        Diagnostic error = Assert.Single(new OnnxBuilder().Input("x", 3)
            .Node("Loop", ["", "", "x"], ["y"], ("body", Subgraph("body", [.. LoopInputs, Info("a", ElementType.Float32, 3)], [Info("c2", ElementType.Bool), Info("a2", ElementType.Float32, 3)], MakeNode("go", "", "Identity", ["c"], ["c2"]), MakeNode("n", "", "Relu", ["a"], ["a2"]))))
            .Output("y").ImportErrors());

        Assert.Contains("never ends", error.Message);
    }

    [Fact]
    public void RowsOfUnknownNumberAreRefused()
    {
        Diagnostic error = Assert.Single(new OnnxBuilder().Input("x", 3).Input("n", ElementType.Int64)
            .Node("Loop", ["n", ""], ["y"], ("body", Subgraph("body", LoopInputs, [Info("c2", ElementType.Bool), Info("row", ElementType.Float32, 3)], MakeNode("go", "", "Identity", ["c"], ["c2"]), MakeNode("n", "", "Relu", ["x"], ["row"]))))
            .Output("y").ImportErrors());

        Assert.Equal("PRUNE0007", error.Id);
        Assert.Equal(["n"], error.NeededInputs);
    }

    [Theory]
    [InlineData(5)] // unrolled
    [InlineData(300)] // kept
    public void ScanRunsAlongAnyAxisInBothDirections(int length) => Differential.Check(
        new OnnxBuilder().Input("start", 2).Input("x", 2, length).Input("z", length, 2)
            .Node("Scan", ["start", "x", "z"], ["last", "ys", "back"],
                ("num_scan_inputs", 2), ("scan_input_axes", new[] { 1, 0 }), ("scan_input_directions", new[] { 0, 1 }), ("scan_output_axes", new[] { -1, 0 }), ("scan_output_directions", new[] { 0, 1 }),
                ("body", Subgraph(
                    "body",
                    [Info("a", ElementType.Float32, 2), Info("u", ElementType.Float32, 2), Info("v", ElementType.Float32, 2)],
                    [Info("a2", ElementType.Float32, 2), Info("p", ElementType.Float32, 2), Info("q", ElementType.Float32, 2)],
                    MakeNode("m", "", "Mul", ["u", "v"], ["t"]),
                    MakeNode("n", "", "Add", ["a", "t"], ["a2"]),
                    MakeNode("o", "", "Identity", ["a2"], ["p"]),
                    MakeNode("r", "", "Relu", ["a"], ["q"]))))
            .Output("last").Output("ys").Output("back"));

    [Fact]
    public void LoopsNest() => Differential.Check(
        new OnnxBuilder().Input("x", 3).Input("n", ElementType.Int64).Initializer("m", Tensor.Scalar(600L)).Initializer("tiny", Tensor.Scalar(0.001f))
            .Node("Loop", ["n", "", "x"], ["y"], ("body", Subgraph(
                "outer",
                [.. LoopInputs, Info("a", ElementType.Float32, 3)],
                [Info("c2", ElementType.Bool), Info("a2", ElementType.Float32, 3)],
                MakeNode("go", "", "Identity", ["c"], ["c2"]),
                MakeNode("inner", "", "Loop", ["m", "", "a"], ["a2"], ("body", Subgraph(
                    "inner",
                    [Info("j", ElementType.Int64), Info("d", ElementType.Bool), Info("e", ElementType.Float32, 3)],
                    [Info("d2", ElementType.Bool), Info("e2", ElementType.Float32, 3)],
                    MakeNode("go2", "", "Identity", ["d"], ["d2"]),
                    MakeNode("scale", "", "Mul", ["x", "tiny"], ["t"]),
                    MakeNode("add", "", "Add", ["e", "t"], ["e2"])))))))
            .Output("y"),
        inputs: new Dictionary<string, Tensor> { ["n"] = Tensor.Scalar(3L) });

    private static GraphProto Branch(string first, string second) => Subgraph(
        "branch",
        [],
        [Info("p", ElementType.Float32, 3), Info("q", ElementType.Float32, 3)],
        MakeNode("a", "", first, ["x"], ["p"]),
        MakeNode("b", "", second, ["x"], ["q"]));
}
