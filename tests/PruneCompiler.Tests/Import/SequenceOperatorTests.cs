using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Import;

/// <summary>Lists of tensors, which exporters write for torch's split, stack and cat, are gone after import.</summary>
public class SequenceOperatorTests
{
    [Fact]
    public void Parts_are_taken_apart_and_put_together_again()
    {
        OnnxBuilder model = new OnnxBuilder(16).Input("x", 2, 7, 4)
            .Initializer("two", Tensor.Scalar(2L)).Initializer("first", Tensor.Scalar(0L)).Initializer("last", Tensor.Scalar(-1)).Initializer("sizes", 1, 6)
            .Node("SplitToSequence", ["x", "two"], ["parts"], ("axis", 1)).Node("SequenceAt", ["parts", "first"], ["a"]).Node("SequenceAt", ["parts", "last"], ["b"])
            .Node("Relu", ["a"], ["r"]).Node("SequenceConstruct", ["r", "a", "r"], ["made"]).Node("SequenceInsert", ["made", "a", "first"], ["longer"]).Node("Identity", ["longer"], ["same"])
            .Node("ConcatFromSequence", ["same"], ["joined"], ("axis", -1)).Node("ConcatFromSequence", ["same"], ["stacked"], ("axis", 3), ("new_axis", 1)).Node("SequenceLength", ["same"], ["count"])
            .Node("SplitToSequence", ["x"], ["rows"], ("axis", 0), ("keepdims", 0)).Node("SequenceErase", ["rows", "first"], ["rest"]).Node("SequenceAt", ["rest", "first"], ["row"])
            .Node("SplitToSequence", ["x", "sizes"], ["uneven"], ("axis", 1)).Node("SequenceErase", ["uneven"], ["shorter"]).Node("SequenceAt", ["shorter", "last"], ["slice"]);
        foreach (string output in new[] { "b", "joined", "stacked", "row", "slice" })
        {
            model.Output(output);
        }

        Differential.Check(model.Output("count", ElementType.Int64));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(300)]
    public void A_list_that_grows_in_a_loop(int rows)
    {
        ValueInfoProto list = new() { Name = "list", Type = ListOfFloats() }, longer = new() { Name = "longer", Type = ListOfFloats() };
        GraphProto body = OnnxBuilder.Subgraph(
            "body",
            [OnnxBuilder.Info("i", ElementType.Int64), OnnxBuilder.Info("go", ElementType.Bool), list],
            [OnnxBuilder.Info("go_on", ElementType.Bool), longer],
            OnnxBuilder.MakeNode("row", "", "Gather", ["x", "i"], ["row"], ("axis", 0)),
            OnnxBuilder.MakeNode("tanh", "", "Tanh", ["row"], ["item"]),
            OnnxBuilder.MakeNode("insert", "", "SequenceInsert", ["list", "item"], ["longer"]),
            OnnxBuilder.MakeNode("on", "", "Identity", ["go"], ["go_on"]));
        Differential.Check(
            new OnnxBuilder(13).Input("x", rows, 3).Initializer("true", Tensor.Scalar(true)).Initializer("trips", Tensor.Scalar((long)rows)).Node("SequenceEmpty", [], ["empty"])
                .Node("Loop", ["trips", "true", "empty"], ["all"], ("body", body)).Node("ConcatFromSequence", ["all"], ["y"], ("axis", 1), ("new_axis", 1)).Output("y"),
            ways: Differential.Extremes);
    }

    [Fact]
    public void A_function_of_each_element()
    {
        GraphProto body = OnnxBuilder.Subgraph(
            "body",
            [OnnxBuilder.Info("item", ElementType.Float32, 2, 2), OnnxBuilder.Info("other", ElementType.Float32, 2, 2)],
            [OnnxBuilder.Info("sum", ElementType.Float32, 2, 2)],
            OnnxBuilder.MakeNode("add", "", "Add", ["item", "other"], ["sum"]));
        Differential.Check(
            new OnnxBuilder(17).Input("x", 6, 2).Input("y", 2, 2).Initializer("two", Tensor.Scalar(2L)).Node("SplitToSequence", ["x", "two"], ["parts"])
                .Node("SequenceMap", ["parts", "y"], ["sums"], ("body", body)).Node("ConcatFromSequence", ["sums"], ["z"], ("axis", 0)).Output("z"));
    }

    [Fact]
    public void Optionals_hold_their_tensor_or_nothing()
    {
        var type = new AttributeProto { Name = "type", Type = AttributeProto.Types.AttributeType.TypeProto, Tp = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } };
        OnnxBuilder model = new OnnxBuilder(18).Input("x", 3).Node("Optional", ["x"], ["held"]).Node("Optional", [], ["nothing"]).Node("OptionalHasElement", ["held"], ["yes"])
            .Node("OptionalHasElement", ["nothing"], ["no"]).Node("OptionalGetElement", ["held"], ["y"]).Output("y").Output("yes", ElementType.Bool).Output("no", ElementType.Bool);
        model.Graph.Node[1].Attribute.Add(type);
        Differential.Check(model, oracle: false);
        using var folder = new TemporaryFolder();
        PruneCompiler.IR.Graph graph = PruneCompiler.Import.OnnxImporter.Load(model.Save(folder.File("net.onnx")), new CompileOptions()).Graph;
        Assert.Equal([1, 0], graph.Outputs.Skip(1).Select(o => (int)o.Constant!.Bytes[0]));
    }

    [Fact]
    public void A_sequence_can_neither_leave_nor_enter_an_operator_on_tensors()
    {
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 4).Node("SequenceConstruct", ["x", "x"], ["list"]);
        model.Node("Relu", ["list"], ["y"]).Output("y");
        Diagnostic read = Assert.Single(model.ImportErrors());
        Assert.Equal("PRUNE0008", read.Id);
        Assert.Contains("Relu reads 'list', a sequence", read.Message);

        model = new OnnxBuilder(13).Input("x", 4).Input("i", ElementType.Int64).Node("SequenceConstruct", ["x", "x"], ["list"]).Node("SequenceAt", ["list", "i"], ["y"]).Output("y");
        Diagnostic open = Assert.Single(model.ImportErrors());
        Assert.Equal("PRUNE0007", open.Id);
        Assert.Equal(["i"], open.NeededInputs);

        model = new OnnxBuilder(13).Input("x", 4).Initializer("five", Tensor.Scalar(5L)).Node("SequenceConstruct", ["x", "x"], ["list"]).Node("SequenceAt", ["list", "five"], ["y"]).Output("y");
        Assert.Contains("no position 5 in a sequence of 2", Assert.Single(model.ImportErrors()).Message);
    }

    private static TypeProto ListOfFloats() =>
        new() { SequenceType = new TypeProto.Types.Sequence { ElemType = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = 1 } } } };
}
