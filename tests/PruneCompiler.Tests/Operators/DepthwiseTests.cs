using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

/// <summary>Depthwise convolutions between others, whose padding is what the kernel leaves behind its rows.</summary>
public class DepthwiseTests
{
    [Theory]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(30)]
    [InlineData(33)]
    [InlineData(65)]
    public void A_network_of_depthwise_convolutions_agrees(int size) => Differential.Check(Network(size), seeds: 2);

    /// <summary>Stride 1 and 2, with bounds and without, odd and even sizes, pads on one side and on both.</summary>
    internal static OnnxBuilder Network(int size)
    {
        const double Zeros = 0.6;
        var r = new RandomLayers(size);
        var model = new OnnxBuilder().Input("x", 2, 3, size, size + 1);
        int[] around = [1, 1, 1, 1], behind = [0, 0, 1, 1];
        r.Conv(model, "x", "a", r.Weights(Zeros, 10, 3, 3, 3), r.Weights(0, 10), ("pads", around)).Node("Relu", ["a"], ["a1"]);
        r.Conv(model, "a1", "b", r.Weights(0, 10, 1, 3, 3), r.Weights(0, 10), ("pads", around), ("group", 10));
        model.Initializer("low", r.Positive()).Node("Clip", ["b", "", "low"], ["b1"]);
        r.Conv(model, "b1", "c", r.Weights(Zeros, 12, 10, 3, 3), null, ("pads", around)).Node("Relu", ["c"], ["c1"]);
        r.Conv(model, "c1", "d", r.Weights(0, 12, 1, 3, 3), null, ("pads", around), ("strides", new[] { 2, 2 }), ("group", 12)).Node("Relu", ["d"], ["d1"]);
        r.Conv(model, "d1", "e", r.Weights(Zeros, 7, 12, 3, 3), r.Weights(0, 7), ("pads", around));
        r.Conv(model, "e", "f", r.Weights(0, 7, 1, 3, 3), r.Weights(0, 7), ("pads", behind), ("strides", new[] { 2, 2 }), ("group", 7));
        r.Conv(model, "f", "g", r.Weights(Zeros, 5, 7, 3, 3), null, ("pads", around));
        r.Conv(model, "x", "h", r.Weights(0, 3, 1, 3, 3), r.Weights(0, 3), ("group", 3)); // on the caller's memory, without padding
        return model.Output("g").Output("h").Output("d1");
    }
}
