using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

public class IndexingTests
{
    [Fact]
    public void Computed_indices_pick_and_scatter()
    {
        var random = new Random(1);
        Tensor indices = Tensor.Of<long>(new Shape(3, 4), Enumerable.Range(0, 12).Select(_ => (long)random.Next(-3, 3)).ToArray());
        OnnxBuilder model = new OnnxBuilder(18).Input("x", 3, 4).Input("i", ElementType.Int64, 3, 4).Input("u", 3, 4)
            .Node("GatherElements", ["x", "i"], ["picked"], ("axis", 0)).Output("picked")
            .Node("Gather", ["x", "i"], ["rows"], ("axis", 0)).Output("rows")
            .Node("ScatterElements", ["x", "i", "u"], ["summed"], ("axis", 0), ("reduction", "add")).Output("summed")
            .Node("ScatterElements", ["x", "i", "u"], ["largest"], ("axis", 0), ("reduction", "max")).Output("largest");
        Differential.Check(model, tolerance: 1e-6, inputs: new Dictionary<string, Tensor> { ["i"] = indices });
    }

    [Fact]
    public void Tuples_of_indices_pick_and_scatter()
    {
        Tensor tuples = Tensor.Of<long>(new Shape(3, 2), [0, 1, -1, 3, 2, 0]);
        OnnxBuilder model = new OnnxBuilder(18).Input("x", 3, 4, 5).Input("i", ElementType.Int64, 3, 2).Input("u", 3, 5)
            .Node("GatherND", ["x", "i"], ["picked"]).Output("picked")
            .Node("ScatterND", ["x", "i", "u"], ["written"]).Output("written")
            .Node("ScatterND", ["x", "i", "u"], ["multiplied"], ("reduction", "mul")).Output("multiplied");
        Differential.Check(model, tolerance: 1e-6, inputs: new Dictionary<string, Tensor> { ["i"] = tuples });
    }

    [Theory]
    [InlineData(4)]
    [InlineData(-4)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void An_index_outside_is_refused_and_nothing_is_written(long index)
    {
        using GeneratedModel net = Load(new OnnxBuilder().Input("x", 3, 2).Input("i", ElementType.Int64, 1).Node("Gather", ["x", "i"], ["y"]).Output("y"));
        Exception thrown = Assert.ThrowsAny<Exception>(() => net.Run([Tensor.Of<float>(new Shape(3, 2), [1, 2, 3, 4, 5, 6]), Tensor.Vector(index)]));
        Assert.Contains(index.ToString(System.Globalization.CultureInfo.InvariantCulture), (thrown.InnerException ?? thrown).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ElementType.Float32, 1, 0)]
    [InlineData(ElementType.Int64, 0, 1)]
    [InlineData(ElementType.Float32, -1, 0)]
    public void The_best_elements_come_in_order(ElementType type, int axis, int largest) => Differential.Check(
        new OnnxBuilder().Input("x", type, 6, 9).Initializer("k", 4L).Node("TopK", ["x", "k"], ["v", "i"], ("axis", axis), ("largest", largest)).Output("v", type).Output("i", ElementType.Int64),
        tolerance: 0);

    [Fact]
    public void The_number_of_results_is_told_and_the_rest_is_cut_off()
    {
        OnnxBuilder model = new OnnxBuilder().Input("x", ElementType.Int64, 4, 5).Input("c", ElementType.Bool, 4).Input("z", 4, 3)
            .Node("NonZero", ["x"], ["where"]).Node("Transpose", ["where"], ["places"]).Output("places", ElementType.Int64)
            .Node("Compress", ["z", "c"], ["kept"], ("axis", 0)).Node("Relu", ["kept"], ["y"]).Output("y")
            .Node("Unique", ["x"], ["distinct"], ("sorted", 0)).Output("distinct", ElementType.Int64);
        Differential.Check(model, tolerance: 0, seeds: 3);
    }

    [Fact]
    public void Places_of_one_axis_choose_rows() => Differential.Check(
        new OnnxBuilder(16).Input("x", 6, 4).Input("keep", ElementType.Bool, 6).Node("NonZero", ["keep"], ["where"]).Node("Transpose", ["where"], ["places"], ("perm", new[] { 1, 0 }))
            .Node("GatherND", ["x", "places"], ["rows"]).Output("rows").Output("places", ElementType.Int64),
        tolerance: 0,
        seeds: 3);

    [Fact]
    public void What_mixes_entries_of_an_unknown_number_is_refused()
    {
        OnnxBuilder model = new OnnxBuilder().Input("x", 4, 5).Node("NonZero", ["x"], ["where"])
            .Node("Cast", ["where"], ["f"], ("to", 1)).Node("ReduceSum", ["f"], ["y"]).Output("y");
        Assert.Contains("only known at run time", Assert.ThrowsAny<Exception>(() => Load(model)).Message, StringComparison.Ordinal);
    }

    private static GeneratedModel Load(OnnxBuilder model)
    {
        using var folder = new TemporaryFolder();
        return GeneratedModel.Load(ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions { ClassName = "Net" }));
    }
}
