using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

/// <summary>Convolutions of random form against ONNX Runtime, in every way of compiling.</summary>
public class ConvTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void One_convolution_of_random_form_agrees(int seed)
    {
        var r = new RandomLayers(seed);
        int rank = r.Pick(1, 2, 2, 2, 3), group = r.Pick(1, 1, 1, 2, 4), perGroup = r.Pick(1, 3, 5), filters = group * r.Pick(1, 2, 8, 9);
        int[] kernel = [.. Enumerable.Range(0, rank).Select(_ => r.Pick(1, 2, 3, 5))];
        int[] dilations = [.. kernel.Select(_ => r.Pick(1, 1, 2))], strides = [.. kernel.Select(_ => r.Pick(1, 1, 2, 3))];
        int[] size = [.. kernel.Select((k, i) => ((k - 1) * dilations[i]) + r.Pick(1, 4, 7, 14, 23))];
        int[] pads = [.. kernel.Concat(kernel).Select(k => r.Next(0, k))];
        string automatic = r.Pick("NOTSET", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID");
        List<(string, object)> attributes = [("group", group), ("strides", strides), ("auto_pad", automatic)];
        if (automatic == "NOTSET")
        {
            attributes.Add(("pads", pads));
        }

        if (!automatic.StartsWith("SAME", StringComparison.Ordinal))
        {
            attributes.Add(("dilations", dilations)); // ONNX Runtime does not take both
        }

        var model = new OnnxBuilder().Input("x", [r.Pick(1, 1, 2), group * perGroup, .. size]);
        r.Conv(model, "x", "y", r.Weights(r.Pick(0, 0.5, 0.9, 0.99), [filters, perGroup, .. kernel]), r.Pick(0, 1) == 0 ? null : r.Weights(0, filters), [.. attributes]);
        Differential.Check(model.Output("y"), seeds: 1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Filters_that_the_run_computes(int seed)
    {
        var r = new RandomLayers(seed);
        var model = new OnnxBuilder();
        for (int i = 0; i < 3; i++)
        {
            int rank = r.Pick(1, 2, 2, 3), group = r.Pick(1, 1, 2, 5), perGroup = r.Pick(1, 3, 4), filters = group * r.Pick(1, 2, 4, 7), images = r.Pick(1, 2);
            int[] kernel = [.. Enumerable.Range(0, rank).Select(_ => r.Pick(1, 2, 3, 5))], dilations = [.. kernel.Select(_ => r.Pick(1, 1, 2))], strides = [.. kernel.Select(_ => r.Pick(1, 1, 2, 3))];
            int[] size = [.. kernel.Select((k, axis) => ((k - 1) * dilations[axis]) + r.Pick(1, 4, 7, 23))], pads = [.. kernel.Concat(kernel).Select(k => r.Next(0, k + 1))];
            model.Input($"x{i}", [images, group * perGroup, .. size]).Input($"w{i}", [filters, perGroup, .. kernel]).Input($"b{i}", filters)
                .Node("Conv", r.Pick(0, 1) == 0 ? [$"x{i}", $"w{i}"] : [$"x{i}", $"w{i}", $"b{i}"], [$"c{i}"], ("group", group), ("strides", strides), ("dilations", dilations), ("pads", pads))
                .Node("LeakyRelu", [$"c{i}"], [$"r{i}"], ("alpha", 0.3f)).Node("Clip", [$"r{i}", "", "high"], [$"y{i}"]).Output($"y{i}");
        }

        Differential.Check(model.Initializer("high", IR.Tensor.Scalar(0.7f)));
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 14)]
    [InlineData(3, 33)]
    public void A_residual_network_agrees(int seed, int size)
    {
        var r = new RandomLayers(seed);
        const double Zeros = 0.8;
        var model = new OnnxBuilder().Input("x", 1, 3, size, size);
        r.Conv(model, "x", "stem", r.Weights(Zeros, 8, 3, 3, 3), r.Weights(0, 8), ("pads", new[] { 1, 1, 1, 1 })).Node("Relu", ["stem"], ["a"]);
        r.Conv(model, "a", "b1", r.Weights(Zeros, 8, 8, 3, 3), r.Weights(0, 8), ("pads", new[] { 1, 1, 1, 1 })).Node("LeakyRelu", ["b1"], ["b2"], ("alpha", 0.2f));
        r.Conv(model, "b2", "b3", r.Weights(Zeros, 8, 8, 3, 3), null, ("pads", new[] { 1, 1, 1, 1 })).Node("Add", ["b3", "a"], ["b4"]).Node("Relu", ["b4"], ["b"]);
        r.Conv(model, "b", "c1", r.Weights(Zeros, 20, 8, 3, 3), r.Weights(0, 20), ("pads", new[] { 1, 1, 1, 1 }), ("strides", new[] { 2, 2 })).Node("Sigmoid", ["c1"], ["c2"]);
        r.Conv(model, "c2", "c3", r.Weights(Zeros, 20, 20, 5, 5), null, ("pads", new[] { 2, 2, 2, 2 }));
        r.Conv(model, "b", "s", r.Weights(Zeros, 20, 8, 1, 1), null, ("strides", new[] { 2, 2 }));
        model.Node("Add", ["s", "c3"], ["c4"]).Node("MaxPool", ["c4"], ["p"], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 1, 1, 1 }));
        r.Conv(model, "p", "d", r.Weights(Zeros, 9, 20, 3, 3), r.Weights(0, 9), ("pads", new[] { 1, 1, 1, 1 }));
        model.Node("GlobalAveragePool", ["d"], ["g"]).Node("Flatten", ["g"], ["f"]).Initializer("fc", r.Weights(0.5, 10, 9)).Node("Gemm", ["f", "fc"], ["y"], ("transB", 1));
        Differential.Check(model.Output("y").Output("c4"), seeds: 2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_transposed_convolution_agrees(int seed)
    {
        var r = new RandomLayers(seed);
        int rank = r.Pick(1, 2, 2), group = r.Pick(1, 2), channels = group * 3;
        int[] kernel = [.. Enumerable.Range(0, rank).Select(_ => r.Pick(2, 3, 4))], strides = [.. kernel.Select(_ => r.Pick(1, 2))];
        int[] pads = [.. kernel.Concat(kernel).Select(_ => r.Pick(0, 1))], extra = [.. strides.Select(s => r.Next(0, s))];
        var model = new OnnxBuilder().Input("x", [1, channels, .. kernel.Select(_ => r.Pick(3, 5, 8))])
            .Initializer("w", r.Weights(0.5, [channels, 4, .. kernel])).Initializer("b", r.Weights(0, 4 * group))
            .Node("ConvTranspose", ["x", "w", "b"], ["t"], ("group", group), ("strides", strides), ("pads", pads), ("output_padding", extra))
            .Node("Relu", ["t"], ["y"]);
        Differential.Check(model.Output("y"));
    }

    [Fact]
    public void Weights_that_are_computed_agree()
    {
        var model = new OnnxBuilder().Input("x", 1, 2, 5, 5).Input("w", 3, 2, 3, 3).Node("Conv", ["x", "w"], ["y"], ("pads", new[] { 1, 1, 1, 1 }));
        Differential.Check(model.Output("y"));
    }

    [Fact]
    public void A_kernel_that_covers_the_whole_input_agrees()
    {
        var r = new RandomLayers(7);
        var model = new OnnxBuilder().Input("x", 3, 4, 5, 5);
        r.Conv(model, "x", "y", r.Weights(0.9, 33, 4, 5, 5), r.Weights(0, 33));
        Differential.Check(model.Output("y"));
    }

    [Fact]
    public void A_negative_zero_weight_is_a_zero()
    {
        var model = new OnnxBuilder().Input("x", 1, 1, 4, 4).Initializer("w", [1, 1, 1, 1], -0f).Node("Conv", ["x", "w"], ["y"]);
        Differential.Check(model.Output("y"), tolerance: 0);
    }

    [Fact]
    public void Weights_that_do_not_fit_are_refused()
    {
        var model = new OnnxBuilder().Input("x", 1, 3, 8, 8).Initializer("w", new RandomLayers(1).Weights(0, 4, 2, 3, 3)).Node("Conv", ["x", "w"], ["y"]).Output("y");
        var error = Assert.ThrowsAny<Exception>(() => model.Import());
        Assert.Contains("channels", error.Message, StringComparison.Ordinal);
    }
}
