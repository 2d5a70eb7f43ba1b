using PruneCompiler.Emit;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Plan;

public sealed class TurnedMatricesTests
{
    private const string Turned = "cRow: 1,", Plain = "cColumn: 1,";

    [Theory]
    [InlineData(9)]
    [InlineData(64)]
    [InlineData(61)]
    [InlineData(128)]
    public void What_one_sparse_product_gives_another_is_not_turned_on_the_way(int rows)
    {
        OnnxBuilder model = Model(rows).Node("MatMul", ["x", "w1"], ["up"]).Node("Add", ["up", "b1"], ["biased"]).Node("Sigmoid", ["biased"], ["gate"]).Node("Mul", ["gate", "b1"], ["scaled"])
            .Node("MatMul", ["scaled", "w2"], ["down"]).Node("Add", ["down", "x"], ["y"]).Output("y");
        Differential.Check(model, 2e-5);
        string code = Code(model);
        Assert.Contains(Turned, code, StringComparison.Ordinal);
        Assert.Contains("aRow: 1,", code, StringComparison.Ordinal);
        Assert.Contains(Plain, code, StringComparison.Ordinal); // the second product's result leaves row-major
    }

    [Theory]
    [InlineData(16)]
    [InlineData(37)]
    public void Keys_of_attention_come_out_as_the_scores_need_them(int rows)
    {
        const int Heads = 2, Width = 48;
        OnnxBuilder model = Model(rows).Initializer("split", 1, rows, Heads, Width / Heads).Node("MatMul", ["x", "w3"], ["k"]).Node("Reshape", ["k", "split"], ["kh"]).Node("Transpose", ["kh"], ["kt"], ("perm", new[] { 0, 2, 3, 1 }))
            .Node("MatMul", ["x", "w3"], ["q0"]).Node("Sigmoid", ["q0"], ["q"]).Node("Reshape", ["q", "split"], ["qh"]).Node("Transpose", ["qh"], ["qt"], ("perm", new[] { 0, 2, 1, 3 }))
            .Node("MatMul", ["qt", "kt"], ["y"]).Output("y");
        Differential.Check(model, 2e-5);
    }

    [Fact]
    public void A_result_that_something_else_reads_stays_row_major()
    {
        OnnxBuilder twice = Model(32).Node("MatMul", ["x", "w1"], ["up"]).Node("MatMul", ["up", "w2"], ["y"]).Node("ReduceMax", ["up"], ["z"], ("axes", new[] { -1 })).Output("y").Output("z");
        Differential.Check(twice, 2e-5);
        Assert.DoesNotContain(Turned, Code(twice), StringComparison.Ordinal);
        OnnxBuilder leaves = Model(32).Node("MatMul", ["x", "w1"], ["up"]).Node("MatMul", ["up", "w2"], ["y"]).Output("up").Output("y");
        Differential.Check(leaves, 2e-5);
        Assert.DoesNotContain(Turned, Code(leaves), StringComparison.Ordinal);
    }

    private static OnnxBuilder Model(int rows)
    {
        var random = new Random(rows);
        float[] Sparse(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < 0.92 ? 0 : random.NextSingle() - 0.5f)];
        return new OnnxBuilder(13).Input("x", 1, rows, 48).Initializer("w1", [48, 160], Sparse(48 * 160)).Initializer("w2", [160, 48], Sparse(160 * 48)).Initializer("w3", [48, 48], Sparse(48 * 48))
            .Initializer("b1", [160], [.. Enumerable.Range(0, 160).Select(i => (i % 7) - 3f)]);
    }

    private static string Code(OnnxBuilder model)
    {
        using var folder = new TemporaryFolder();
        return ModelEmitter.Emit(ModelCompiler.Compile(model.Save(folder.File("m.onnx")), new CompileOptions()).Plan);
    }
}
