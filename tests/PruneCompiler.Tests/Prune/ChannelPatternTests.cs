using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;
using static PruneCompiler.Tests.Prune.ChannelCheck;

namespace PruneCompiler.Tests.Prune;

/// <summary>One pattern each: how many multiply-adds are left of it, to the last one, and that the result is ONNX Runtime's.</summary>
public sealed class ChannelPatternTests
{
    private const int Size = 6, Pixels = Size * Size;

    [Fact]
    public void Groups_that_are_dead_leave_a_grouped_convolution()
    {
        float[] w = Weights([8, 2, 3, 3], 0, 2, 3, 6, 7); // of 4 groups of 2 in, 2 out: groups 1 and 3
        OnnxBuilder model = Image(8).Conv("x", [8, 2, 3, 3], w, "y", 1, 4).Output("y");
        Assert.Equal(Pixels * 2 * 2 * 2 * 9, Executed(model));
    }

    [Fact]
    public void Groups_of_unequal_live_channels_execute_what_lives()
    {
        float[] w = Weights([8, 4, 3, 3], 0, 3, 5, 6, 7); // group 0: 3 of 4, group 1: 1 of 4
        OnnxBuilder model = Image(8).Conv("x", [8, 4, 3, 3], w, "y", 1, 2).Output("y");
        Assert.Equal(Pixels * 4 * 4 * 9, Executed(model));
    }

    [Fact]
    public void Groups_of_unequal_live_inputs_execute_what_lives()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5, 6, 7), "h").Node("Sigmoid", ["h"], ["s"])
            .Conv("s", [4, 4, 3, 3], Numbers(144), "y", 1, 2).Output("y");
        Assert.Equal(Pixels * ((4 * 3) + (2 * 3 * 9) + (2 * 1 * 9)), Executed(model));
    }

    [Fact]
    public void Depthwise_convolution_passes_dead_channels_on()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5, 6), "h").Node("Relu", ["h"], ["r"])
            .Conv("r", [16, 1, 3, 3], Numbers(144), "d", 1, 8).Node("Relu", ["d"], ["s"]).Conv("s", [4, 16, 1, 1], Numbers(64), "y").Output("y");
        Assert.Equal(Pixels * ((5 * 3) + (10 * 9) + (10 * 4)), Executed(model));
    }

    [Fact]
    public void Depthwise_filters_that_are_zero_free_the_layer_in_front()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Numbers(24), "h").Node("Relu", ["h"], ["r"])
            .Conv("r", [8, 1, 3, 3], Weights([8, 1, 3, 3], 0, 2, 3, 4), "d", 1, 8).Conv("d", [4, 8, 1, 1], Numbers(32), "y").Output("y");
        Assert.Equal(Pixels * ((5 * 3) + (5 * 9) + (5 * 4)), Executed(model));
    }

    [Fact]
    public void Depthwise_channels_that_nobody_reads_are_not_computed()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Numbers(24), "h").Node("Relu", ["h"], ["r"])
            .Conv("r", [8, 1, 3, 3], Numbers(72), "d", 1, 8).Conv("d", [4, 8, 1, 1], Weights([4, 8, 1, 1], 1, 0, 7), "y").Output("y");
        Assert.Equal(Pixels * ((6 * 3) + (6 * 9) + (6 * 4)), Executed(model));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Transposed_convolution(int group)
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5), "h").Node("Sigmoid", ["h"], ["s"])
            .Initializer("t", [8, 6 / group, 2, 2], Weights([8, 6 / group, 2, 2], 1, 2)).Node("ConvTranspose", ["s", "t"], ["u"], ("strides", new[] { 2, 2 }), ("group", group))
            .Conv("u", [2, 6, 1, 1], Numbers(12), "y").Output("y");
        int live = 6 - group; // the third of 6, or of each group's 3
        Assert.Equal((Pixels * 6 * 3) + (Pixels * (6 / group) * live * 4) + (Pixels * 4 * live * 2), Executed(model));
    }

    [Fact]
    public void Transposed_convolution_is_not_asked_for_what_nobody_reads()
    {
        OnnxBuilder model = Image(8).Initializer("t", [8, 6, 2, 2], Weights([8, 6, 2, 2], 0, 4)).Node("ConvTranspose", ["x", "t"], ["u"], ("strides", new[] { 2, 2 }))
            .Conv("u", [2, 6, 1, 1], Weights([2, 6, 1, 1], 1, 0, 3), "y").Output("y");
        Assert.Equal((Pixels * 7 * 4 * 4) + (Pixels * 4 * 4 * 2), Executed(model));
    }

    [Fact]
    public void Concat_split_slice_and_gather_move_channels()
    {
        OnnxBuilder model = Image(3).Conv("x", [4, 3, 1, 1], Weights([4, 3, 1, 1], 0, 1), "a").Conv("x", [6, 3, 1, 1], Weights([6, 3, 1, 1], 0, 0, 5), "b")
            .Node("Concat", ["a", "b"], ["c"], ("axis", 1)).Node("Relu", ["c"], ["r"])
            .Initializer("sizes", 5L, 5).Node("Split", ["r", "sizes"], ["p", "q"], ("axis", 1))
            .Initializer("starts", 1L).Initializer("ends", 4L).Initializer("axes", 1L).Node("Slice", ["p", "starts", "ends", "axes"], ["s"])
            .Initializer("picked", 4L, 2, 0).Node("Gather", ["q", "picked"], ["g"], ("axis", 1))
            .Conv("s", [2, 3, 1, 1], Numbers(6), "u").Conv("g", [2, 3, 1, 1], Numbers(6), "v").Node("Add", ["u", "v"], ["y"]).Output("y");
        // c = a0 . a2 a3 . b1 b2 b3 b4 . ; p = a0 . a2 a3 . ; q = b1 b2 b3 b4 . ; s = . a2 a3 ; g = . b3 b1
        Assert.Equal(Pixels * ((2 * 3) + (2 * 3) + (2 * 2) + (2 * 2)), Executed(model));
    }

    [Theory]
    [InlineData("nearest")]
    [InlineData("linear")]
    public void Resize_passes_channels(string mode)
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5, 6), "h").Node("Sigmoid", ["h"], ["s"])
            .Initializer("scales", [4], 1, 1, 2, 2).Node("Resize", ["s", "", "scales"], ["r"], ("mode", mode))
            .Conv("r", [4, 8, 1, 1], Weights([4, 8, 1, 1], 1, 0), "y").Output("y");
        Assert.Equal(Pixels * ((4 * 3) + (4 * 4 * 4)), Executed(model));
    }

    [Fact]
    public void Pad_with_its_value()
    {
        OnnxBuilder model = Image(3).Conv("x", [4, 3, 1, 1], Weights([4, 3, 1, 1], 0, 1), "h")
            .Initializer("pads", 0L, 1, 1, 1, 0, 1, 1, 1).Initializer("value", Tensor.Scalar(0.75f)).Node("Pad", ["h", "pads", "value"], ["p"])
            .Conv("p", [2, 6, 1, 1], Numbers(12), "y").Output("y");
        Assert.Equal((Pixels * 3 * 3) + (64 * 3 * 2), Executed(model));
    }

    [Fact]
    public void Squeeze_and_excitation()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5, 6), "h").Node("Relu", ["h"], ["r"]).Node("GlobalAveragePool", ["r"], ["m"])
            .Conv("m", [4, 8, 1, 1], Weights([4, 8, 1, 1], 0, 3), "f").Node("Relu", ["f"], ["e"]).Conv("e", [8, 4, 1, 1], Numbers(32), "g").Node("Sigmoid", ["g"], ["gate"])
            .Node("Mul", ["r", "gate"], ["z"]).Conv("z", [3, 8, 1, 1], Weights([3, 8, 1, 1], 1, 7), "y").Output("y");
        Assert.Equal((Pixels * 5 * 3) + (5 * 3) + (3 * 4) + (Pixels * 4 * 3), Executed(model));
    }

    [Fact]
    public void Channels_multiplied_by_zero()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Numbers(24), "h").Node("Relu", ["h"], ["r"]).Initializer("scale", [1, 8, 1, 1], Weights([8], 0, 0, 3))
            .Node("Mul", ["r", "scale"], ["m"]).Conv("m", [3, 8, 3, 3], Numbers(216), "y", 1).Output("y");
        Assert.Equal(Pixels * ((6 * 3) + (6 * 3 * 9)), Executed(model));
    }

    [Fact]
    public void Channel_shuffle()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 4, 6), "h").Node("Relu", ["h"], ["r"])
            .Initializer("split", 1L, 2, 4, Size, Size).Initializer("join", 1L, 8, Size, Size).Node("Reshape", ["r", "split"], ["a"])
            .Node("Transpose", ["a"], ["b"], ("perm", new[] { 0, 2, 1, 3, 4 })).Node("Reshape", ["b", "join"], ["c"])
            .Conv("c", [3, 8, 1, 1], Weights([3, 8, 1, 1], 1, 0), "y").Output("y");
        // Shuffled: 0 4 1 5 2 6 3 7, of which 1, 4, 6 are dead and the first is not read.
        Assert.Equal(Pixels * ((4 * 3) + (4 * 3)), Executed(model));
    }

    [Theory]
    [InlineData("DCR")]
    [InlineData("CRD")]
    public void Pixel_shuffle(string mode)
    {
        OnnxBuilder model = Image(3).Conv("x", [12, 3, 1, 1], Numbers(36), "h").Node("DepthToSpace", ["h"], ["d"], ("blocksize", 2), ("mode", mode))
            .Conv("d", [2, 3, 1, 1], Weights([2, 3, 1, 1], 1, 1), "y").Output("y");
        Assert.Equal(Pixels * ((8 * 3) + (4 * 2 * 2)), Executed(model));
    }

    [Fact]
    public void Space_to_depth()
    {
        OnnxBuilder model = Image(3).Conv("x", [4, 3, 1, 1], Weights([4, 3, 1, 1], 0, 2), "h").Node("SpaceToDepth", ["h"], ["d"], ("blocksize", 2))
            .Conv("d", [2, 16, 1, 1], Numbers(32), "y").Output("y");
        Assert.Equal((Pixels * 3 * 3) + (Pixels / 4 * 12 * 2), Executed(model));
    }

    [Fact]
    public void Flatten_in_front_of_a_product()
    {
        OnnxBuilder model = Image(3).Conv("x", [4, 3, 1, 1], Weights([4, 3, 1, 1], 0, 2), "h").Node("Relu", ["h"], ["r"]).Node("Flatten", ["r"], ["f"])
            .Initializer("w", [5, 4 * Pixels], Weights([5, 4, Pixels], 1, 0)).Node("Gemm", ["f", "w"], ["y"], ("transB", 1)).Output("y");
        Assert.Equal((Pixels * 2 * 3) + (5 * 2 * Pixels), Executed(model));
    }

    [Fact]
    public void Chain_of_matrix_products()
    {
        OnnxBuilder model = new OnnxBuilder(13).Input("x", 1, 5, 8).MatMul("x", [8, 16], Weights([8, 16], 1, 0, 1, 2), "a").MatMul("a", [16, 12], Weights([16, 12], 0, 15), "b")
            .MatMul("b", [12, 4], Weights([12, 4], 0, 3, 4), "y").Output("y");
        Assert.Equal(5 * ((8 * 12) + (12 * 10) + (10 * 4)), Executed(model));
    }

    [Fact]
    public void Units_of_a_feed_forward_block_with_bias()
    {
        float[] bias = Numbers(16);
        (bias[3], bias[4]) = (0, 0.5f);
        OnnxBuilder model = new OnnxBuilder(20).Input("x", 1, 5, 8).MatMul("x", [8, 16], Weights([8, 16], 1, 3, 4), "a").Initializer("b", [16], bias).Node("Add", ["a", "b"], ["c"])
            .Node("Gelu", ["c"], ["g"]).MatMul("g", [16, 8], Weights([16, 8], 0, 9), "d").Node("Add", ["x", "d"], ["y"]).Output("y");
        Assert.Equal(5 * ((8 * 13) + (13 * 8)), Executed(model));
    }

    [Fact]
    public void Gated_feed_forward_block()
    {
        OnnxBuilder model = new OnnxBuilder(20).Input("x", 1, 5, 8).MatMul("x", [8, 16], Weights([8, 16], 1, 3, 4), "up").MatMul("x", [8, 16], Weights([8, 16], 1, 4, 5, 6), "gate")
            .Node("Sigmoid", ["gate"], ["s"]).Node("Mul", ["gate", "s"], ["swish"]).Node("Mul", ["up", "swish"], ["m"]).MatMul("m", [16, 8], Weights([16, 8], 0, 15), "y").Output("y");
        Assert.Equal(5 * ((8 * 11) + (8 * 11) + (11 * 8)), Executed(model));
    }

    [Fact]
    public void Packed_gated_feed_forward_block()
    {
        // up and gate in one product, split behind it: units 3 and 4 of the first half, 4 and 5 of the second
        OnnxBuilder model = new OnnxBuilder(20).Input("x", 1, 5, 8).MatMul("x", [8, 32], Weights([8, 32], 1, 3, 4, 20, 21), "both").Initializer("halves", 16L, 16)
            .Node("Split", ["both", "halves"], ["up", "gate"], ("axis", -1)).Node("Sigmoid", ["gate"], ["s"]).Node("Mul", ["gate", "s"], ["swish"]).Node("Mul", ["up", "swish"], ["m"])
            .MatMul("m", [16, 8], Numbers(128), "y").Output("y");
        Assert.Equal(5 * ((8 * 26) + (13 * 8)), Executed(model));
    }

    [Fact]
    public void Layer_normalization_needs_all_channels_in_front_and_passes_none_behind_scaled_to_zero()
    {
        OnnxBuilder model = new OnnxBuilder(20).Input("x", 1, 5, 8).MatMul("x", [8, 16], Weights([8, 16], 1, 3), "a").Initializer("scale", [16], Weights([16], 0, 0, 1)).Initializer("shift", [16], Numbers(16))
            .Node("LayerNormalization", ["a", "scale", "shift"], ["n"]).MatMul("n", [16, 64], Weights([16, 64], 0, 2), "y").Output("y");
        Assert.Equal(5 * ((8 * 15) + (13 * 64)), Executed(model)); // the mean needs every channel that varies; behind it channels 0, 1 are constants and 2 is not read
    }

    [Fact]
    public void Residual_trunk_with_different_dead_channels()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 0, 1, 2), "a").Conv("a", [8, 8, 3, 3], Weights([8, 8, 3, 3], 0, 1, 2, 3), "b", 1)
            .Node("Add", ["a", "b"], ["s"]).Node("Relu", ["s"], ["r"]).Conv("r", [2, 8, 1, 1], Weights([2, 8, 1, 1], 1, 7), "y").Output("y");
        // a: 3 4 5 6 7 (7 is read by b), b: 0 4 5 6, sum: 0 3 4 5 6 7, of which 7 is not read.
        Assert.Equal(Pixels * ((5 * 3) + (5 * 4 * 9) + (5 * 2)), Executed(model));
    }

    [Fact]
    public void Weights_shared_by_two_nodes()
    {
        OnnxBuilder model = Image(3).Initializer("w", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5)).Node("Conv", ["x", "w"], ["a"]).Node("Relu", ["x"], ["p"]).Node("Conv", ["p", "w"], ["b"])
            .Conv("a", [2, 8, 1, 1], Weights([2, 8, 1, 1], 1, 0), "c").Conv("b", [2, 8, 1, 1], Weights([2, 8, 1, 1], 1, 2, 3), "d").Node("Add", ["c", "d"], ["y"]).Output("y");
        Assert.Equal(Pixels * ((5 * 3) + (4 * 3) + (5 * 2) + (4 * 2)), Executed(model));
    }

    [Fact]
    public void Embedding_columns_that_are_zero()
    {
        OnnxBuilder model = new OnnxBuilder(13).Input("ids", ElementType.Int64, 1, 5).Initializer("table", [10, 8], Weights([10, 8], 1, 2, 3)).Node("Gather", ["table", "ids"], ["e"])
            .MatMul("e", [8, 4], Weights([8, 4], 0, 7), "y").Output("y");
        Assert.Equal(5 * 5 * 4, Executed(model, inputs: new Dictionary<string, Tensor> { ["ids"] = Tensor.Of<long>(new Shape(1, 5), [3, 1, 4, 1, 5]) }));
    }

    [Theory]
    [InlineData("InstanceNormalization")]
    [InlineData("PRelu")]
    public void Parameters_by_channel(string operatorName)
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5), "h");
        model = operatorName == "PRelu" ? model.Initializer("slope", [8, 1, 1], Numbers(8)).Node("PRelu", ["h", "slope"], ["p"])
            : model.Initializer("s", [8], Weights([8], 0, 6)).Initializer("b", [8], Numbers(8)).Node("InstanceNormalization", ["h", "s", "b"], ["p"]);
        model = model.Conv("p", [2, 8, 1, 1], Weights([2, 8, 1, 1], 1, 0), "y").Output("y");
        int live = operatorName == "PRelu" ? 5 : 4;
        Assert.Equal(Pixels * ((live * 3) + (live * 2)), Executed(model));
    }

    [Fact]
    public void Group_normalization_passes_channels_whose_group_lives()
    {
        // Groups of 4: the statistics of a group need all its varying channels; a group of which nothing is read goes.
        OnnxBuilder model = new OnnxBuilder(21).Input("x", 1, 3, Size, Size).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1), "h").Initializer("s", [8], Numbers(8)).Initializer("b", [8], Numbers(8))
            .Node("GroupNormalization", ["h", "s", "b"], ["p"], ("num_groups", 2)).Conv("p", [2, 8, 1, 1], Weights([2, 8, 1, 1], 1, 0, 4, 5, 6, 7), "y").Output("y");
        Assert.Equal(Pixels * ((3 * 3) + (3 * 2)), Executed(model));
    }

    [Theory]
    [InlineData("HardSwish")]
    [InlineData("Sigmoid")]
    [InlineData("Exp")]
    public void Constants_pass_activations(string operatorName)
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Weights([8, 3, 1, 1], 0, 1, 5), "h", bias: Numbers(8)).Node(operatorName, ["h"], ["a"])
            .Conv("a", [4, 8, 3, 3], Numbers(288), "y", 1).Output("y");
        Assert.Equal(Pixels * ((6 * 3) + (6 * 4 * 9)), Executed(model));
    }

    [Fact]
    public void Batch_normalization_of_zero_scale_and_of_dead_channels()
    {
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 3, 3], Weights([8, 3, 3, 3], 0, 1, 5), "h", 1).Initializer("s", [8], Weights([8], 0, 2)).Initializer("b", [8], Numbers(8))
            .Initializer("m", [8], Numbers(8)).Initializer("v", [8], 1, 2, 3, 4, 5, 6, 7, 8).Node("BatchNormalization", ["h", "s", "b", "m", "v"], ["n"]).Node("Relu", ["n"], ["r"])
            .Conv("r", [4, 8, 3, 3], Numbers(288), "y", 1).Output("y");
        Assert.Equal(Pixels * ((5 * 3 * 9) + (5 * 4 * 9)), Executed(model));
    }

    [Fact]
    public void Scattered_channels_of_a_value_that_others_read_whole_cost_no_multiply_adds()
    {
        // h leaves the model whole; the second layer reads 3 of its 8 channels.
        OnnxBuilder model = Image(3).Conv("x", [8, 3, 1, 1], Numbers(24), "h").Conv("h", [2, 8, 3, 3], Weights([2, 8, 3, 3], 1, 0, 2, 3, 5, 6), "y", 1).Output("y").Output("h");
        Assert.Equal(Pixels * ((8 * 3) + (3 * 2 * 9)), Executed(model));
    }

    private static OnnxBuilder Image(int channels) => new OnnxBuilder(14).Input("x", 1, channels, Size, Size);
}
