using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;
using static PruneCompiler.Tests.Prune.ChannelCheck;

namespace PruneCompiler.Tests.Prune;

/// <summary>Channels that repeat others are computed once.</summary>
public sealed class DuplicateTests
{
    private const int Size = 6, Pixels = Size * Size;

    [Theory]
    [InlineData(1f, "Relu", 5)]
    [InlineData(0.5f, "Relu", 5)]
    [InlineData(-2f, "Relu", 8)] // relu(-x) is another function of x
    [InlineData(1f, "Sigmoid", 5)]
    [InlineData(0.5f, "Sigmoid", 8)]
    [InlineData(3f, "Relu", 8)] // not exact
    [InlineData(-2f, "Neg", 5)]
    [InlineData(4f, "AveragePool", 5)]
    [InlineData(1f, "BatchNormalization", 5)]
    public void Filters_that_are_multiples_of_others(float factor, string between, int left)
    {
        (float[] w, float[] b) = Repeated([8, 3, 1, 1], [1, 4, 6], factor);
        OnnxBuilder model = new OnnxBuilder(14).Input("x", 1, 3, Size, Size).Conv("x", [8, 3, 1, 1], w, "h", bias: b);
        model = between switch
        {
            "AveragePool" => model.Node("AveragePool", ["h"], ["a"], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 })),
            "BatchNormalization" => model.Initializer("s", [8], Repeated([8, 1], [1, 4, 6], 1).Weights).Initializer("t", [8], Repeated([8, 1], [1, 4, 6], 1).Bias)
                .Initializer("v", [8], 1, 1, 1, 1, 1, 1, 1, 1).Node("BatchNormalization", ["h", "s", "t", "t", "v"], ["a"]),
            _ => model.Node(between, ["h"], ["a"]),
        };
        model.Conv("a", [4, 8, 3, 3], Numbers(288), "y", 1).Output("y");
        Assert.Equal(Pixels * ((left * 3) + (left * 4 * 9)), Executed(model));
    }

    [Fact]
    public void Repeated_channels_pass_depthwise_layers_sums_and_flattening()
    {
        (float[] w, float[] b) = Repeated([8, 3, 1, 1], [1, 4, 6], 1);
        (float[] d, float[] e) = Repeated([8, 1, 3, 3], [1, 4, 6], 1);
        OnnxBuilder model = new OnnxBuilder(14).Input("x", 1, 3, Size, Size).Conv("x", [8, 3, 1, 1], w, "h", bias: b).Node("Sigmoid", ["h"], ["a"]).Conv("a", [8, 1, 3, 3], d, "d", 1, 8, bias: e)
            .Node("Add", ["a", "d"], ["s"]).Node("Relu", ["s"], ["r"]).Node("Flatten", ["r"], ["f"]).Initializer("g", [8 * Pixels, 5], Numbers(8 * Pixels * 5)).Node("Gemm", ["f", "g"], ["y"]).Output("y");
        Assert.Equal(Pixels * ((5 * 3) + (5 * 9) + (5 * 5)), Executed(model));
    }

    [Fact]
    public void Columns_of_a_product_and_units_behind_it()
    {
        (float[] w, _) = Repeated([12, 8], [2, 3, 9, 10], 2);
        var columns = new float[96];
        for (int i = 0; i < 96; i++)
        {
            columns[(i % 8 * 12) + (i / 8)] = w[i];
        }

        OnnxBuilder model = new OnnxBuilder(14).Input("x", 1, 5, 8).MatMul("x", [8, 12], columns, "h").Node("Relu", ["h"], ["r"]).MatMul("r", [12, 16], Numbers(192), "y").Output("y");
        Assert.Equal(5 * ((8 * 8) + (8 * 16)), Executed(model));
    }

    [Fact]
    public void Outputs_get_repeated_channels_from_the_first()
    {
        (float[] w, float[] b) = Repeated([8, 12, 3, 3], [1, 4, 6], 1);
        OnnxBuilder model = new OnnxBuilder(14).Input("x", 1, 12, Size, Size).Conv("x", [8, 12, 3, 3], w, "h", 1, bias: b).Node("Relu", ["h"], ["y"]).Output("y");
        Assert.Equal(Pixels * 5 * 12 * 9, Executed(model));
    }

    [Fact]
    public void Readers_that_cannot_add_weights_read_the_first()
    {
        (float[] w, _) = Repeated([16, 64], [1, 4, 6, 15], 1);
        OnnxBuilder model = new OnnxBuilder(17).Input("x", 5, 64).Initializer("w", [16, 64], w).Node("Gemm", ["x", "w"], ["h"], ("transB", 1)).Initializer("s", [16], Numbers(16)).Initializer("b", [16], Numbers(16))
            .Node("LayerNormalization", ["h", "s", "b"], ["n"]).MatMul("n", [16, 32], Numbers(512), "y").Output("y");
        Assert.Equal(5 * ((64 * 12) + (16 * 32)), Executed(model));
    }

    [Fact]
    public void Duplicates_of_duplicates()
    {
        // Filters of the second layer differ only in which of two equal channels they read.
        (float[] w, float[] b) = Repeated([4, 3, 1, 1], [1], 1);
        float[] second = Numbers(16);
        (second[0], second[1], second[4], second[5]) = (0.5f, 0.25f, 0.25f, 0.5f);
        (second[6], second[7]) = (second[2], second[3]);
        OnnxBuilder model = new OnnxBuilder(14).Input("x", 1, 3, Size, Size).Conv("x", [4, 3, 1, 1], w, "h", bias: b).Node("Relu", ["h"], ["r"]).Conv("r", [4, 4, 1, 1], second, "g").Node("Relu", ["g"], ["s"])
            .Conv("s", [2, 4, 1, 1], Numbers(8), "y").Output("y");
        Assert.Equal(Pixels * ((3 * 3) + (3 * 3) + (3 * 2)), Executed(model));
    }

    // Rows that are multiples of the row in front of them.
    private static (float[] Weights, float[] Bias) Repeated(int[] dims, int[] rows, float factor)
    {
        float[] w = Numbers(dims.Aggregate(1, (a, b) => a * b)), bias = Numbers(dims[0], 5);
        int row = w.Length / dims[0];
        foreach (int r in rows)
        {
            for (int i = 0; i < row; i++)
            {
                w[(r * row) + i] = factor * w[((r - 1) * row) + i];
            }

            bias[r] = factor * bias[r - 1];
        }

        return (w, bias);
    }
}
