using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Optimize;

/// <summary>What the passes leave of a graph, and that it still computes the same.</summary>
public class FusionTests
{
    [Fact]
    public void A_residual_block_becomes_its_convolutions()
    {
        var r = new RandomLayers(1);
        var model = new OnnxBuilder().Input("x", 1, 4, 6, 6);
        r.Conv(model, "x", "a", r.Weights(0, 4, 4, 3, 3), null, ("pads", new[] { 1, 1, 1, 1 }));
        Normalise(model, r, "a", "b", 4).Node("Relu", ["b"], ["c"]);
        r.Conv(model, "c", "d", r.Weights(0, 4, 4, 3, 3), r.Weights(0, 4), ("pads", new[] { 1, 1, 1, 1 }));
        Normalise(model, r, "d", "e", 4).Node("Add", ["e", "x"], ["f"]).Node("Clip", ["f", "zero", "six"], ["y"]).Initializer("zero", [], 0f).Initializer("six", [], 6f);
        Assert.Equal(["Conv", "Conv"], After(model.Output("y")));
    }

    [Fact]
    public void Constants_per_channel_go_into_weights_and_bias()
    {
        var r = new RandomLayers(2);
        var model = new OnnxBuilder().Input("x", 1, 3, 5, 5);
        r.Conv(model, "x", "a", r.Weights(0, 4, 3, 3, 3), r.Weights(0, 4)).Initializer("m", r.Weights(0, 4, 1, 1)).Initializer("s", r.Weights(0, 1, 4, 1, 1));
        model.Node("Mul", ["a", "m"], ["b"]).Node("Sub", ["s", "b"], ["c"]).Initializer("two", [], 2f).Node("Div", ["c", "two"], ["y"]);
        Assert.Equal(["Conv"], After(model.Output("y")));
    }

    [Fact]
    public void A_normalisation_in_front_of_a_padded_convolution_stays()
    {
        var r = new RandomLayers(3);
        var model = new OnnxBuilder().Input("x", 1, 3, 5, 5);
        Normalise(model, r, "x", "a", 3);
        r.Conv(model, "a", "y", r.Weights(0, 4, 3, 3, 3), null, ("pads", new[] { 1, 1, 1, 1 }));
        Assert.Equal(["BatchNormalization", "Conv"], After(model.Output("y")));
    }

    [Fact]
    public void A_normalisation_in_front_of_an_unpadded_convolution_goes()
    {
        var r = new RandomLayers(4);
        var model = new OnnxBuilder().Input("x", 1, 6, 5, 5);
        Normalise(model, r, "x", "a", 6);
        r.Conv(model, "a", "y", r.Weights(0, 4, 3, 3, 3), r.Weights(0, 4), ("group", 2));
        Assert.Equal(["Conv"], After(model.Output("y")));
    }

    [Fact]
    public void A_value_that_others_read_is_not_fused_away()
    {
        var r = new RandomLayers(5);
        var model = new OnnxBuilder().Input("x", 1, 3, 5, 5);
        r.Conv(model, "x", "a", r.Weights(0, 4, 3, 3, 3), null).Node("Relu", ["a"], ["y"]).Node("Sigmoid", ["a"], ["z"]);
        Assert.Equal(["Conv", "Relu", "Sigmoid"], After(model.Output("y").Output("z")));
    }

    [Fact]
    public void Pads_of_zeros_go_into_what_reads_them()
    {
        var r = new RandomLayers(6);
        var model = new OnnxBuilder().Input("x", 1, 3, 8, 8).Initializer("pads", 0, 0, 1, 2, 0, 0, 1, 0).Initializer("none", new long[8]);
        model.Node("Pad", ["x", "pads"], ["a"]);
        r.Conv(model, "a", "b", r.Weights(0, 4, 3, 3, 3), null);
        model.Node("Pad", ["b", "none"], ["c"]).Node("Pad", ["c", "pads"], ["d"]).Node("AveragePool", ["d"], ["y"], ("kernel_shape", new[] { 2, 2 }));
        Assert.Equal(["Conv", "AveragePool"], After(model.Output("y")));
    }

    [Fact]
    public void A_transposed_convolution_takes_its_normalisation_and_becomes_a_convolution()
    {
        var r = new RandomLayers(7);
        var model = new OnnxBuilder().Input("x", 1, 4, 5, 5).Initializer("w", r.Weights(0, 4, 3, 2, 2)).Node("ConvTranspose", ["x", "w"], ["a"], ("group", 2), ("strides", new[] { 2, 2 }));
        Normalise(model, r, "a", "y", 6);
        Assert.Equal(["Conv", "DepthToSpace"], After(model.Output("y")));
    }

    [Theory]
    [InlineData("Pow", "Sqrt", "Div", true, "LayerNormalization")]
    [InlineData("Mul", "Sqrt", "Div", true, "LayerNormalization")]
    [InlineData("Pow", "Pow", "Reciprocal", true, "LayerNormalization")]
    [InlineData("Mul", "Sqrt", "one over", true, "LayerNormalization")]
    [InlineData("Pow", "Sqrt", "Reciprocal", false, "RMSNormalization")]
    [InlineData("Mul", "Sqrt", "Div", false, "RMSNormalization")]
    public void A_normalisation_in_pieces_becomes_one_node(string square, string root, string quotient, bool centred, string expected)
    {
        var r = new RandomLayers(8);
        Assert.Equal([expected], After(Pieces(r, square, root, quotient, centred, [-2, -1]).Output("y")));
        Assert.Equal([expected, .. centred ? Array.Empty<string>() : ["Add"]], After(Affine(Pieces(r, square, root, quotient, centred, [3]), r, "y", "z", 6).Output("z")));
    }

    [Fact]
    public void Normalisations_that_others_look_into_or_over_other_axes_stay_in_pieces()
    {
        var r = new RandomLayers(9);
        Assert.DoesNotContain("LayerNormalization", After(Pieces(r, "Pow", "Sqrt", "Div", true, [-1]).Output("y").Output("d")));
        Assert.DoesNotContain("LayerNormalization", After(Pieces(r, "Pow", "Sqrt", "Div", true, [-1]).Output("y").Output("r")));
        Assert.DoesNotContain("LayerNormalization", After(Pieces(r, "Pow", "Sqrt", "Div", true, [1]).Output("y")));
        Assert.Equal(["LayerNormalization", "Mul"], After(Pieces(r, "Pow", "Sqrt", "Div", true, [3]).Initializer("s", r.Weights(0, 5, 1)).Node("Mul", ["y", "s"], ["z"]).Output("z")));
    }

    // (x - mean) / sqrt(mean of squares + epsilon) as exporters write it; "d" are the differences, "r" the root.
    private static OnnxBuilder Pieces(RandomLayers r, string square, string root, string quotient, bool centred, int[] axes)
    {
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 2, 3, 5, 6).Initializer("two", [], 2f).Initializer("half", [], 0.5f).Initializer("one", [], 1f).Initializer("e", [1], 1e-3f);
        string d = centred ? "d" : "x";
        model = centred ? model.Node("ReduceMean", ["x"], ["m"], ("axes", axes)).Node("Sub", ["x", "m"], ["d"]) : model;
        model.Node(square, square == "Pow" ? [d, "two"] : [d, d], ["q"]).Node("ReduceMean", ["q"], ["v"], ("axes", axes)).Node("Add", ["v", "e"], ["a"]);
        model.Node(root, root == "Pow" ? ["a", "half"] : ["a"], ["r"]);
        return quotient switch
        {
            "Div" => model.Node("Div", [d, "r"], ["y"]),
            "Reciprocal" => model.Node("Reciprocal", ["r"], ["i"]).Node("Mul", ["i", d], ["y"]),
            _ => model.Node("Div", ["one", "r"], ["i"]).Node("Mul", [d, "i"], ["y"]),
        };
    }

    private static OnnxBuilder Affine(OnnxBuilder model, RandomLayers r, string x, string y, int count) =>
        model.Initializer("gamma", r.Weights(0, 1, count)).Initializer("beta", r.Weights(0, count)).Node("Mul", [x, "gamma"], [x + "s"]).Node("Add", ["beta", x + "s"], [y]);

    private static OnnxBuilder Normalise(OnnxBuilder model, RandomLayers r, string x, string y, int channels) => model
        .Initializer(y + "_s", r.Weights(0, channels)).Initializer(y + "_b", r.Weights(0, channels)).Initializer(y + "_m", r.Weights(0, channels)).Initializer(y + "_v", r.Positive(channels))
        .Node("BatchNormalization", [x, y + "_s", y + "_b", y + "_m", y + "_v"], [y]);

    // The operators that are left; and the optimised graph computes what the imported one does.
    private static string[] After(OnnxBuilder model)
    {
        Graph before = model.Import().Graph, after = model.Import().Graph;
        Optimizer.Run(after);
        var r = new RandomLayers(99);
        Dictionary<string, Tensor> given = before.Inputs.ToDictionary(i => i.Name, i => r.Weights(0, i.Shape.Dims.ToArray()));
        Tensor[] expected = ReferenceEvaluator.Run(before, given), actual = ReferenceEvaluator.Run(after, given);
        Differential.Compare("the optimised graph", expected, actual, 1e-5, before);
        return [.. after.Nodes.Select(n => n.Operator.Name)];
    }
}
