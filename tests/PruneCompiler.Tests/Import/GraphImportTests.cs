using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Import;

public class GraphImportTests
{
    [Fact]
    public void SimpleModelRunsInTheReference()
    {
        ImportedModel model = new OnnxBuilder(13)
            .Input("x", 1, 2)
            .Initializer("w", [2, 2], 1, -1, 2, 0.5f)
            .Initializer("b", [2], 10, -20)
            .Node("Gemm", ["x", "w", "b"], ["h"], ("transB", 1))
            .Node("Relu", ["h"], ["y"])
            .Output("y", ElementType.Float32, 1, 2)
            .Import();

        Tensor[] outputs = ReferenceEvaluator.Run(model.Graph, new Dictionary<string, Tensor> { ["x"] = Tensor.Of<float>(new Shape(1, 2), [3, 4]) });

        Assert.Equal([9f, 0f], outputs[0].As<float>().ToArray());
        Assert.Equal(13, model.Opset);
        Assert.Equal("OnnxBuilder", model.Producer);
        Assert.Empty(model.Diagnostics);
    }

    [Fact]
    public void NodesAreSortedByTheirData()
    {
        ImportedModel model = new OnnxBuilder()
            .Input("x", 3)
            .Node("Relu", ["b"], ["c"])
            .Node("Relu", ["a"], ["b"])
            .Node("Relu", ["x"], ["a"])
            .Output("c")
            .Import();

        Assert.Equal(["a", "b", "c"], model.Graph.Nodes.Select(n => n.Outputs[0].Name));
    }

    [Fact]
    public void CircleIsNamed()
    {
        Diagnostic error = Assert.Single(new OnnxBuilder().Input("x", 3)
            .Node("Relu", ["b"], ["a"]).Node("Relu", ["a"], ["b"]).Output("b").ImportErrors());

        Assert.Equal("PRUNE0002", error.Id);
        Assert.Contains("circle: 'Relu_0', 'Relu_1'", error.Message);
    }

    [Fact]
    public void NodeThatReadsItselfIsACircle() =>
        Assert.Contains("circle", new OnnxBuilder().Input("x", 3).Node("Relu", ["a"], ["a"]).Output("a").ImportErrors()[0].Message);

    [Fact]
    public void UndefinedInputIsNamed() =>
        Assert.Equal("the model is malformed: 'nowhere' is read, but nothing produces it", new OnnxBuilder().Node("Relu", ["nowhere"], ["a"]).Output("a").ImportErrors()[0].Message);

    [Fact]
    public void ValueProducedTwiceIsRefused() =>
        Assert.Contains("already produced", new OnnxBuilder().Input("x", 3).Node("Relu", ["x"], ["a"]).Node("Relu", ["x"], ["a"]).Output("a").ImportErrors()[0].Message);

    [Fact]
    public void InputNamedAsNodeOutputIsRefused() =>
        Assert.Contains("already defined", new OnnxBuilder().Input("x", 3).Input("a", 3).Node("Relu", ["x"], ["a"]).Output("a").ImportErrors()[0].Message);

    [Fact]
    public void AllMissingOperatorsAreReportedAtOnce()
    {
        Diagnostic error = Assert.Single(new OnnxBuilder().Input("x", 3)
            .Node("Frobnicate", ["x"], ["a"]).Node("Frobnicate", ["a"], ["b"]).Node("my.domain", "Twist", ["b"], ["c"]).Output("c").ImportErrors());

        Assert.Equal("PRUNE0003", error.Id);
        Assert.Contains("Frobnicate ('Frobnicate_0', 'Frobnicate_1'); my.domain.Twist ('Twist_2')", error.Message);
    }

    [Fact]
    public void InitializerBehindAnInputIsAConstant()
    {
        Graph graph = new OnnxBuilder().Input("x", 1, 2).Input("w", 2, 2).Initializer("w", [2, 2], 1, 0, 0, 1).Node("Gemm", ["x", "w"], ["y"]).Output("y").Import().Graph;

        Assert.Equal(["x"], graph.Inputs.Select(i => i.Name));
        Assert.NotNull(graph.Nodes[0].Input(1).Constant);
    }

    [Fact]
    public void OutputKeepsItsNameWhenItIsAnInput()
    {
        Graph graph = new OnnxBuilder().Input("x", 2).Node("Identity", ["x"], ["y"]).Output("y").Import().Graph;

        Assert.Empty(graph.Nodes);
        Assert.Equal("y", graph.OutputName(0));
        Assert.Same(graph.Inputs[0], graph.Outputs[0]);
    }

    [Fact]
    public void ShapesAreConstants()
    {
        Graph graph = new OnnxBuilder().Input("x", 2, 5, 7)
            .Node("Shape", ["x"], ["s"], ("start", -2)).Node("ConstantOfShape", ["s"], ["y"], ("value", Tensor.Vector(3f)))
            .Output("y").Output("s", ElementType.Int64).Import().Graph;

        Assert.Equal([5L, 7L], graph.Outputs[1].Constant!.ToInt64Array());
        Assert.Equal(Enumerable.Repeat(3f, 35), graph.Outputs[0].Constant!.As<float>().ToArray());
    }

    [Fact]
    public void ContradictingOutputShapeIsAWarning()
    {
        ImportedModel model = new OnnxBuilder().Input("x", 2, 5).Node("Relu", ["x"], ["y"]).Output("y", ElementType.Float32, 2, 6).Import();

        Diagnostic warning = Assert.Single(model.Diagnostics);
        Assert.Equal(("PRUNE0015", Severity.Warning), (warning.Id, warning.Severity));
        Assert.Contains("2x6", warning.Message);
    }

    [Fact]
    public void OldOpsetIsAWarning() =>
        Assert.Equal("PRUNE0013", Assert.Single(new OnnxBuilder(6).Input("x", 2).Node("Relu", ["x"], ["y"]).Output("y").Import().Diagnostics).Id);

    [Fact]
    public void FunctionsAreExpanded()
    {
        OnnxBuilder builder = new OnnxBuilder().Input("x", 1, 2).Node("mine", "Scale", ["x"], ["h"], ("factor", 3f)).Node("mine", "Scale", ["h"], ["y"]).Output("y");
        var function = new FunctionProto { Domain = "mine", Name = "Scale" };
        function.Input.Add("a");
        function.Output.Add("b");
        function.OpsetImport.Add(new OperatorSetIdProto { Version = 13 });
        function.AttributeProto.Add(OnnxBuilder.Attribute("factor", 2f));
        NodeProto gemm = OnnxBuilder.MakeNode("g", "", "Gemm", ["a", "one"], ["b"]);
        gemm.Attribute.Add(new AttributeProto { Name = "alpha", RefAttrName = "factor", Type = AttributeProto.Types.AttributeType.Float });
        function.Node.Add(gemm);
        function.Node.Add(OnnxBuilder.MakeNode("c", "", "Constant", [], ["one"], ("value", Tensor.Of<float>(new Shape(2, 2), [1, 0, 0, 1]))));
        builder.Model.Functions.Add(function);

        Graph graph = builder.Import().Graph;

        Assert.Equal(["Scale_0/g", "Scale_1/g"], graph.Nodes.Select(n => n.Name));
        Tensor[] outputs = ReferenceEvaluator.Run(graph, new Dictionary<string, Tensor> { ["x"] = Tensor.Of<float>(new Shape(1, 2), [1, 5]) });
        Assert.Equal([6f, 30f], outputs[0].As<float>().ToArray());
    }

    [Fact]
    public void FunctionThatCallsItselfIsRefused()
    {
        OnnxBuilder builder = new OnnxBuilder().Input("x", 2).Node("mine", "Again", ["x"], ["y"]).Output("y");
        var function = new FunctionProto { Domain = "mine", Name = "Again" };
        function.Input.Add("a");
        function.Output.Add("b");
        function.Node.Add(OnnxBuilder.MakeNode("n", "mine", "Again", ["a"], ["b"]));
        builder.Model.Functions.Add(function);

        Assert.Contains("call itself", builder.ImportErrors()[0].Message);
    }

    [Fact]
    public void LongModelsAreRead()
    {
        // One value with thousands of readers, one stem with thousands of values, a file in reverse order: what quadratic code would choke on.
        const int Length = 5000;
        OnnxBuilder builder = new OnnxBuilder().Input("x", 1, 2).Initializer("w", [2, 2], 1, 0, 0, 1);
        for (int i = Length; i > 0; i--)
        {
            builder.Node("Gemm", [i == 1 ? "x" : $"h{i - 1}", "w"], [$"h{i}"]).Node("Identity", ["w"], [$"w{i}"]).Node("Dropout", [$"w{i}"], [$"d{i}"]);
        }

        Assert.Equal(Length, builder.Output($"h{Length}").Import().Graph.Nodes.Count);
    }
}
