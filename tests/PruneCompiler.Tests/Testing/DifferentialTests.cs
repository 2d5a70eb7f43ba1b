namespace PruneCompiler.Tests.Testing;

public class DifferentialTests
{
    [Fact]
    public void A_transpose_agrees_in_every_way() =>
        Differential.Check(new OnnxBuilder().Input("x", 2, 3, 4).Node("Transpose", ["x"], ["y"], ("perm", new[] { 2, 0, 1 })).Output("y"), tolerance: 0, seeds: 2);

    [Fact]
    public void A_wrong_result_is_found()
    {
        var right = IR.Tensor.Vector(1f, 2f, 3f);
        var wrong = IR.Tensor.Vector(1f, 2f, 3.01f);
        var graph = new OnnxBuilder().Input("x", 3).Node("Relu", ["x"], ["y"]).Output("y").Import().Graph;
        Assert.ThrowsAny<Exception>(() => Differential.Compare("nobody", [right], [wrong], 1e-3, graph));
        Differential.Compare("nobody", [right], [wrong], 1e-2, graph);
    }
}
