using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

public class EinsumTests
{
    [Theory]
    [InlineData("ij,jk->ik", new[] { 4, 5 }, new[] { 5, 6 })]
    [InlineData("bij,bjk->bik", new[] { 2, 4, 5 }, new[] { 2, 5, 6 })]
    [InlineData("bhid,bhjd->bhij", new[] { 2, 3, 4, 5 }, new[] { 2, 3, 6, 5 })]
    [InlineData("i,j->ji", new[] { 4 }, new[] { 5 })]
    [InlineData("ij,ij->", new[] { 4, 5 }, new[] { 4, 5 })]
    [InlineData("ij,kj", new[] { 4, 5 }, new[] { 3, 5 })]
    [InlineData("...ij,jk->...ik", new[] { 2, 3, 4, 5 }, new[] { 5, 6 })]
    [InlineData("b...d,bd->b...", new[] { 2, 3, 5 }, new[] { 2, 5 })]
    [InlineData("nchw,c->nhw", new[] { 2, 3, 4, 5 }, new[] { 3 })]
    public void Products_of_two_operands_agree(string equation, int[] a, int[] b) =>
        Differential.Check(new OnnxBuilder(12).Input("a", a).Input("b", b).Node("Einsum", ["a", "b"], ["y"], ("equation", equation)).Output("y"), 1e-5);

    [Theory]
    [InlineData("ij->ji", new[] { 4, 5 })]
    [InlineData("ij->i", new[] { 4, 5 })]
    [InlineData("ii->i", new[] { 5, 5 })]
    [InlineData("ii->", new[] { 5, 5 })]
    [InlineData("b...->...b", new[] { 2, 3, 4 })]
    public void Functions_of_one_operand_agree(string equation, int[] a) =>
        Differential.Check(new OnnxBuilder(12).Input("a", a).Node("Einsum", ["a"], ["y"], ("equation", equation)).Output("y"), 1e-5);

    [Fact]
    public void Three_operands_agree() =>
        Differential.Check(new OnnxBuilder(12).Input("a", 3, 4).Input("b", 4, 5).Input("c", 5, 6).Node("Einsum", ["a", "b", "c"], ["y"], ("equation", "ij,jk,kl->il")).Output("y"), 1e-5);
}
