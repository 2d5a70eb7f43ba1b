using PruneCompiler.Diagnostics;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Import;

public class DimensionTests
{
    [Fact]
    public void LeadingSymbolBecomesOneAndSaysSo()
    {
        ImportedModel model = Model("batch", 4).Import();

        Assert.Equal(new Shape(1, 4), model.Graph.Inputs[0].Shape);
        Diagnostic info = Assert.Single(model.Diagnostics);
        Assert.Equal(("PRUNE0005", Severity.Info), (info.Id, info.Severity));
    }

    [Fact]
    public void GivenSizeIsTakenSilently()
    {
        ImportedModel model = Model("batch", 4).Import(With("batch", 3));

        Assert.Equal(new Shape(3, 4), model.Graph.Inputs[0].Shape);
        Assert.Empty(model.Diagnostics);
    }

    [Fact]
    public void OtherOpenDimensionsAreAllNamed()
    {
        IReadOnlyList<Diagnostic> errors = Model("batch", "seq", null).Input("z", ElementType.Float32, 1, "width").ImportErrors();

        Assert.Equal(["'seq'", "'x.2'", "'width'"], errors.Select(e => e.Message.Split(' ')[1]));
        Assert.All(errors, e => Assert.Equal("PRUNE0006", e.Id));
    }

    [Fact]
    public void OneNameBindsEverywhere()
    {
        ImportedModel model = Model("n", "n").Input("z", ElementType.Float32, 2, "n").Import(With("n", 5));

        Assert.Equal([new Shape(5, 5), new Shape(2, 5)], model.Graph.Inputs.Select(i => i.Shape));
    }

    [Fact]
    public void UnnamedDimensionHasAName() => Assert.Equal(new Shape(1, 7), Model(1, null).Import(With("x.1", 7)).Graph.Inputs[0].Shape);

    [Fact]
    public void NegativeDimensionIsOpen() => Assert.Equal(new Shape(1, 7), Model(-1, -1).Import(With("x.1", 7)).Graph.Inputs[0].Shape);

    [Fact]
    public void UnknownNameListsTheOnesThereAre()
    {
        Diagnostic error = Assert.Single(Model("batch", "seq").ImportErrors(With("sequence", 5)));

        Assert.Equal("PRUNE0012", error.Id);
        Assert.Contains("'sequence' (it has 'batch', 'seq')", error.Message);
    }

    [Fact]
    public void BoundInputIsAConstantAndTellsItsSizes()
    {
        var options = new CompileOptions { BoundInputs = new Dictionary<string, Tensor> { ["s"] = Tensor.Vector(2L, 3L) } };
        Graph graph = new OnnxBuilder().Input("s", ElementType.Int64, "n").Input("x", ElementType.Float32, "n").Node("ConstantOfShape", ["s"], ["y"]).Output("y").Output("x").Import(options).Graph;

        Assert.Equal(new Shape(2, 3), graph.Outputs[0].Shape);
        Assert.Equal(new Shape(2), Assert.Single(graph.Inputs).Shape);
    }

    [Fact]
    public void InputWithoutShapeIsExplained()
    {
        OnnxBuilder builder = Model(1);
        builder.Graph.Input[0].Type.TensorType.Shape = null;
        Assert.Contains("input 'x' has no shape", Assert.Single(builder.ImportErrors()).Message);

        builder.Graph.Input[0].Type = null;
        Assert.Contains("input 'x' has no type", Assert.Single(builder.ImportErrors()).Message);
    }

    [Fact]
    public void HugeInputIsRefused() => Assert.Equal("PRUNE0009", Assert.Single(Model(1, 1 << 20, 1 << 20).ImportErrors()).Id);

    private static OnnxBuilder Model(params object?[] dims) => new OnnxBuilder().Input("x", ElementType.Float32, dims).Node("Relu", ["x"], ["y"]).Output("y");

    private static CompileOptions With(string name, int size) => new() { Dimensions = new Dictionary<string, int> { [name] = size } };
}
