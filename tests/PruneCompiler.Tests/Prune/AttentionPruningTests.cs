using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;
using static PruneCompiler.Tests.Prune.ChannelCheck;

namespace PruneCompiler.Tests.Prune;

/// <summary>Heads, and the units of heads, leave attention in every form in which exporters write it.</summary>
public sealed class AttentionPruningTests
{
    private const int Tokens = 5, Heads = 4, Size = 4, Width = Heads * Size;

    private static readonly int[] HeadOne = [4, 5, 6, 7];

    // Three heads of four, everywhere.
    private const long ThreeHeads = Tokens * ((3L * Width * 12) + (12 * Width)) + (2L * 3 * Tokens * Tokens * Size);

    [Theory]
    [InlineData("split")]
    [InlineData("gather")]
    public void A_dead_head_leaves_packed_projections(string form)
    {
        int[] dead = [.. Enumerable.Range(0, 3).SelectMany(part => HeadOne.Select(u => (part * Width) + u))];
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 1, Tokens, Width).MatMul("x", [Width, 3 * Width], Weights([Width, 3 * Width], 1, dead), "packed")
            .Initializer("heads", 1L, Tokens, 3, Heads, Size).Node("Reshape", ["packed", "heads"], ["r"]).Node("Transpose", ["r"], ["t"], ("perm", new[] { 2, 0, 3, 1, 4 }));
        string[] parts = ["q", "k", "v"];
        if (form == "split")
        {
            model.Node("Split", ["t"], ["q0", "k0", "v0"], ("axis", 0)).Initializer("first", 0L);
            Array.ForEach(parts, p => model.Node("Squeeze", [p + "0", "first"], [p]));
        }
        else
        {
            for (int i = 0; i < 3; i++)
            {
                model.Initializer($"i{i}", Tensor.Scalar((long)i)).Node("Gather", ["t", $"i{i}"], [parts[i]], ("axis", 0));
            }
        }

        Finish(model.Node("Transpose", ["k"], ["kt"], ("perm", new[] { 0, 1, 3, 2 })));
        Assert.Equal(ThreeHeads, Executed(model));
    }

    [Fact]
    public void A_head_whose_values_are_zero_needs_no_scores()
    {
        OnnxBuilder model = Apart(new OnnxBuilder(13), [], [], HeadOne);
        Finish(model);
        Assert.Equal(ThreeHeads, Executed(model));
    }

    [Fact]
    public void A_head_that_the_output_projection_does_not_read_is_not_computed()
    {
        OnnxBuilder model = Apart(new OnnxBuilder(13), [], [], []);
        Finish(model, unread: HeadOne);
        Assert.Equal(ThreeHeads, Executed(model));
    }

    [Fact]
    public void Units_that_are_dead_in_every_head()
    {
        // Unit 2 of every head in the queries (so that nobody needs it of the keys), unit 0 in the values.
        OnnxBuilder model = Apart(new OnnxBuilder(13), [2, 6, 10, 14], [], [0, 4, 8, 12]);
        Finish(model);
        Assert.Equal((Tokens * ((3L * Width * 12) + (12 * Width))) + (2L * Heads * Tokens * Tokens * 3), Executed(model));
    }

    [Fact]
    public void Units_that_are_dead_in_some_heads_leave_the_projections()
    {
        OnnxBuilder model = Apart(new OnnxBuilder(13), [2, 7], [], [0, 9]);
        Finish(model, outputs: 160); // wide enough for the two dead inputs to be worth leaving out
        Assert.Equal((Tokens * ((3L * Width * 14) + (14 * 160))) + (2L * Heads * Tokens * Tokens * Size), Executed(model));
    }

    [Fact]
    public void Attention_of_the_contrib_domain()
    {
        int[] dead = [.. Enumerable.Range(0, 3).SelectMany(part => HeadOne.Select(u => (part * Width) + u))];
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 1, Tokens, Width).Initializer("w", [Width, 3 * Width], Weights([Width, 3 * Width], 1, dead)).Initializer("b", [3 * Width], Weights([3 * Width], 0, dead))
            .Node("com.microsoft", "Attention", ["x", "w", "b"], ["a"], ("num_heads", Heads)).MatMul("a", [Width, Width], Numbers(Width * Width), "y").Output("y");
        model.Model.OpsetImport.Add(new Onnx.OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        Assert.Equal(ThreeHeads, Executed(model));
    }

    [Fact]
    public void Multi_head_attention_of_the_contrib_domain()
    {
        OnnxBuilder model = Projections(new OnnxBuilder(13), HeadOne, HeadOne, HeadOne).Node("com.microsoft", "MultiHeadAttention", ["q", "k", "v"], ["a"], ("num_heads", Heads))
            .MatMul("a", [Width, Width], Numbers(Width * Width), "y").Output("y");
        model.Model.OpsetImport.Add(new Onnx.OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        Assert.Equal(ThreeHeads, Executed(model));
    }

    [Fact]
    public void Attention_of_the_standard()
    {
        OnnxBuilder model = Projections(new OnnxBuilder(23), HeadOne, HeadOne, HeadOne).Node("Attention", ["q", "k", "v"], ["a"], ("q_num_heads", Heads), ("kv_num_heads", Heads))
            .MatMul("a", [Width, Width], Numbers(Width * Width), "y").Output("y");
        Assert.Equal(ThreeHeads, Executed(model, oracle: false));
    }

    private static OnnxBuilder Projections(OnnxBuilder model, int[] deadQ, int[] deadK, int[] deadV) => model.Input("x", 1, Tokens, Width)
        .MatMul("x", [Width, Width], Weights([Width, Width], 1, deadQ), "q").MatMul("x", [Width, Width], Weights([Width, Width], 1, deadK).Select(v => v * 0.7f).ToArray(), "k")
        .MatMul("x", [Width, Width], Weights([Width, Width], 1, deadV).Select(v => v * 1.3f).ToArray(), "v");

    // Queries, keys (transposed) and values by heads.
    private static OnnxBuilder Apart(OnnxBuilder model, int[] deadQ, int[] deadK, int[] deadV)
    {
        model = model.Input("x", 1, Tokens, Width).Initializer("heads", 1L, Tokens, Heads, Size);
        foreach ((string part, int[] dead, int[] order, float scale) in new[] { ("q", deadQ, new[] { 0, 2, 1, 3 }, 1f), ("kt", deadK, [0, 2, 3, 1], 0.7f), ("v", deadV, [0, 2, 1, 3], 1.3f) })
        {
            model.MatMul("x", [Width, Width], Weights([Width, Width], 1, dead).Select(v => v * scale).ToArray(), part + "p")
                .Node("Reshape", [part + "p", "heads"], [part + "r"]).Node("Transpose", [part + "r"], [part], ("perm", order));
        }

        return model;
    }

    private static void Finish(OnnxBuilder model, int[]? unread = null, int outputs = Width) => model.Initializer("joined", 1L, Tokens, Width)
        .Node("MatMul", ["q", "kt"], ["scores"]).Node("Softmax", ["scores"], ["p"], ("axis", -1)).Node("MatMul", ["p", "v"], ["mixed"])
        .Node("Transpose", ["mixed"], ["back"], ("perm", new[] { 0, 2, 1, 3 })).Node("Reshape", ["back", "joined"], ["flat"]).MatMul("flat", [Width, outputs], Weights([Width, outputs], 0, unread ?? []), "y").Output("y");
}
