using PruneCompiler.IR;
using PruneCompiler.Prune;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>Single patterns: what is left of the graph, and what is said about it.</summary>
public sealed class PruningTests
{
    [Fact]
    public void A_constant_channel_in_front_of_a_padded_convolution_becomes_a_bias_per_pixel()
    {
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 1, 1, 7, 7)
            .Initializer("w1", [2, 1, 1, 1], 0.5f, 0).Initializer("b1", [2], 0.1f, 0.25f)
            .Initializer("w2", [1, 2, 3, 3], Numbers(18)).Initializer("b2", [1], 0.3f)
            .Node("Conv", ["x", "w1", "b1"], ["c"]).Node("Relu", ["c"], ["r"]).Node("Conv", ["r", "w2", "b2"], ["y"], ("pads", new[] { 1, 1, 1, 1 })).Output("y");
        PruneCheck check = PruneCheck.Run(model);
        Assert.Equal([1, 1], check.Nodes("Conv").Select(n => n.Input(0).Shape[1]));
        Assert.Equal(new Shape(1, 1, 7, 7), check.Nodes("Conv")[1].Input(2).Shape);
        Assert.Contains("Conv_0: 1 of 2 channels are left; the same for every input: 1 (0.25).", check.Facts.Notes);
    }

    [Fact]
    public void A_head_whose_projections_are_zero_leaves_attention()
    {
        const int Tokens = 3, Heads = 4, Size = 2, Width = Heads * Size;
        var model = new OnnxBuilder(13);
        model.Input("x", 1, Tokens, Width).Initializer("split", 1L, Tokens, Heads, Size).Initializer("merged", 1L, Tokens, Width);
        foreach (string part in new[] { "q", "k", "v" })
        {
            float[] w = Numbers(Width * Width);
            for (int i = 0; i < w.Length; i++)
            {
                w[i] = i % Width / Size == 1 ? 0 : w[i]; // head 1
            }

            model.Initializer("w" + part, [Width, Width], w).Node("MatMul", ["x", "w" + part], [part]).Node("Reshape", [part, "split"], [part + "s"])
                .Node("Transpose", [part + "s"], [part + "t"], ("perm", part == "k" ? new[] { 0, 2, 3, 1 } : [0, 2, 1, 3]));
        }

        model.Initializer("wo", [Width, Width], Numbers(Width * Width))
            .Node("MatMul", ["qt", "kt"], ["scores"]).Node("Softmax", ["scores"], ["p"], ("axis", -1)).Node("MatMul", ["p", "vt"], ["mixed"])
            .Node("Transpose", ["mixed"], ["back"], ("perm", new[] { 0, 2, 1, 3 })).Node("Reshape", ["back", "merged"], ["flat"]).Node("MatMul", ["flat", "wo"], ["y"]).Output("y");
        PruneCheck check = PruneCheck.Run(model);
        Assert.Equal(3, check.Nodes("Softmax").Single().Outputs[0].Shape[1]);
        Assert.Equal(new Shape((Heads - 1) * Size, Width), check.Nodes("MatMul")[^1].Input(1).Shape);
        Assert.All(check.Nodes("MatMul").Take(3), n => Assert.Equal((Heads - 1) * Size, n.Outputs[0].Shape[-1]));
    }

    [Fact]
    public void Tokens_that_nobody_reads_are_not_computed()
    {
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 1, 5, 4).Initializer("w", [4, 6], Numbers(24))
            .Initializer("i", Tensor.Scalar(0L)).Node("MatMul", ["x", "w"], ["m"]).Node("Sigmoid", ["m"], ["s"]).Node("Gather", ["s", "i"], ["y"], ("axis", 1)).Output("y");
        PruneCheck check = PruneCheck.Run(model);
        Assert.Equal(new Shape(1, 1, 6), check.Nodes("MatMul").Single().Outputs[0].Shape);
    }

    [Fact]
    public void Different_dead_channels_of_two_branches_stay_apart_until_the_sum()
    {
        float[] first = Numbers(12), second = Numbers(12);
        first.AsSpan(0, 3).Clear();
        second.AsSpan(3, 3).Clear();
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 1, 3, 4, 4).Initializer("w1", [4, 3, 1, 1], first).Initializer("w2", [4, 3, 1, 1], second)
            .Node("Conv", ["x", "w1"], ["a"]).Node("Conv", ["x", "w2"], ["b"]).Node("Add", ["a", "b"], ["y"]).Output("y");
        PruneCheck check = PruneCheck.Run(model);
        Assert.Equal([3, 3], check.Nodes("Conv").Select(n => n.Outputs[0].Shape[1]));
    }

    [Fact]
    public void Nothing_is_left_of_a_branch_that_is_multiplied_by_zero()
    {
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 1, 3, 4, 4).Initializer("w", [3, 3, 1, 1], Numbers(9)).Initializer("zero", [1], 0f)
            .Node("Conv", ["x", "w"], ["a"]).Node("Mul", ["a", "zero"], ["z"]).Node("Add", ["x", "z"], ["y"]).Output("y");
        PruneCheck check = PruneCheck.Run(model);
        Assert.Empty(check.Nodes("Conv"));
        Assert.Contains("Nobody reads what Conv_0 computes: removed.", check.Facts.Notes);
    }

    [Fact]
    public void Small_weights_become_zero_only_on_request()
    {
        Graph graph = new OnnxBuilder(13).Input("x", 1, 2).Initializer("w", [2, 2], 1, 1e-8f, -1e-3f, 0.5f).Node("MatMul", ["x", "w"], ["y"]).Output("y").Import().Graph;
        Assert.Equal("PRUNE0016", NearZeroWeights.Hint(graph)?.Id);
        NearZeroWeights.Flush(graph, 0);
        Assert.Equal([1, 1e-8f, -1e-3f, 0.5f], graph.Nodes[0].ConstantInput(1)!.As<float>().ToArray());
        NearZeroWeights.Flush(graph, 1e-3f);
        Assert.Equal([1, 0, 0, 0.5f], graph.Nodes[0].ConstantInput(1)!.As<float>().ToArray());
        Assert.Null(NearZeroWeights.Hint(graph));
    }

    private static float[] Numbers(int count)
    {
        var random = new Random(count);
        return Enumerable.Range(0, count).Select(_ => random.NextSingle() + 0.1f).ToArray();
    }
}
