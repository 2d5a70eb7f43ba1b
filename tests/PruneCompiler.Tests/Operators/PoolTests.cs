using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

/// <summary>Pools of random form against ONNX Runtime.</summary>
public class PoolTests
{
    [Theory]
    [InlineData("MaxPool", 1)]
    [InlineData("MaxPool", 2)]
    [InlineData("MaxPool", 3)]
    [InlineData("MaxPool", 4)]
    [InlineData("AveragePool", 1)]
    [InlineData("AveragePool", 2)]
    [InlineData("AveragePool", 3)]
    [InlineData("AveragePool", 4)]
    [InlineData("LpPool", 1)]
    [InlineData("LpPool", 2)]
    public void A_pool_of_random_form_agrees(string name, int seed)
    {
        var r = new RandomLayers(seed);
        int rank = r.Pick(1, 2, 2, 3);
        int[] kernel = [.. Enumerable.Range(0, rank).Select(_ => r.Pick(2, 3, 5))], strides = [.. kernel.Select(_ => r.Pick(1, 2, 3))];
        int[] size = [.. kernel.Select(k => k + r.Pick(0, 3, 8, 19))];
        List<(string, object)> attributes = [("kernel_shape", kernel), ("strides", strides), ("pads", (int[])[.. kernel.Concat(kernel).Select(k => r.Next(0, k))])];
        if (name != "LpPool")
        {
            attributes.Add(("ceil_mode", r.Pick(0, 1)));
        }

        if (name == "AveragePool")
        {
            attributes.Add(("count_include_pad", r.Pick(0, 1)));
        }

        var model = new OnnxBuilder().Input("x", [2, 3, .. size]).Node(name, ["x"], ["y"], [.. attributes]);
        Differential.Check(model.Output("y"));
    }

    [Theory]
    [InlineData("MaxPool", 24, 24)]
    [InlineData("MaxPool", 7, 63)]
    [InlineData("AveragePool", 8, 46)]
    [InlineData("AveragePool", 5, 9)]
    public void A_pool_of_two_by_two_pixels_agrees(string name, int height, int width) =>
        Differential.Check(new OnnxBuilder().Input("x", 2, 3, height, width).Node(name, ["x"], ["y"], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 })).Output("y"));

    [Fact]
    public void Indices_of_the_largest_pixels_agree()
    {
        var model = new OnnxBuilder().Input("x", 2, 3, 7, 9).Node("MaxPool", ["x"], ["y", "i"], ("kernel_shape", new[] { 3, 2 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 0, 1, 1 }));
        Differential.Check(model.Output("y").Output("i", IR.ElementType.Int64), tolerance: 0);
    }

    [Theory]
    [InlineData("GlobalAveragePool")]
    [InlineData("GlobalMaxPool")]
    public void A_pool_behind_a_convolution_reads_its_panels(string name)
    {
        var r = new RandomLayers(3);
        var model = new OnnxBuilder().Input("x", 1, 2, 9, 7);
        r.Conv(model, "x", "a", r.Weights(0.5, 5, 2, 3, 3), null, ("pads", new[] { 1, 1, 1, 1 }));
        Differential.Check(model.Node(name, ["a"], ["y"]).Output("y"));
    }
}
