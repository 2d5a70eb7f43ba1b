using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;
using static PruneCompiler.Tests.Prune.ChannelCheck;

namespace PruneCompiler.Tests.Prune;

/// <summary>Dead filters of quantised networks leave them in both forms that exporters write.</summary>
public sealed class QuantizedPruningTests
{
    private const int Size = 6, Pixels = Size * Size;

    // Filters 1, 4 and 6 of the first layer are zero; channel 0 is not read by the second.
    private const long Left = Pixels * ((4 * 3 * 9) + (4 * 4));

    [Fact]
    public void Quantize_and_dequantize_around_float_layers()
    {
        OnnxBuilder model = Constants(new OnnxBuilder(13).Input("x", 1, 3, Size, Size));
        foreach ((string layer, string x) in new[] { ("first", "x"), ("second", "r") })
        {
            model.Node("QuantizeLinear", [x, "scale", "zero"], [layer + "_q"]).Node("DequantizeLinear", [layer + "_q", "scale", "zero"], [layer + "_x"])
                .Node("DequantizeLinear", [layer + "_w8", "wscale", "wzero"], [layer + "_wf"]);
            model.Node("Conv", [layer + "_x", layer + "_wf"], [layer], ("pads", layer == "first" ? new[] { 1, 1, 1, 1 } : [0, 0, 0, 0]));
            model.Node("Relu", [layer], [layer == "first" ? "r" : "y"]);
        }

        Assert.Equal(Left, Executed(model.Output("y"), tolerance: 0.02)); // a rounding that falls on the other side is a step
    }

    [Fact]
    public void Quantized_layers()
    {
        OnnxBuilder model = Constants(new OnnxBuilder(13).Input("x", 1, 3, Size, Size)).Node("QuantizeLinear", ["x", "scale", "zero"], ["q"])
            .Node("QLinearConv", ["q", "scale", "zero", "first_w8", "wscale", "wzero", "scale", "zero"], ["r"], ("pads", new[] { 1, 1, 1, 1 }))
            .Node("QLinearConv", ["r", "scale", "zero", "second_w8", "wscale", "wzero", "scale", "zero"], ["s"]).Node("DequantizeLinear", ["s", "scale", "zero"], ["y"]).Output("y");
        Assert.Equal(Left, Executed(model, tolerance: 0.02));
    }

    private static OnnxBuilder Constants(OnnxBuilder model) => model
        .Initializer("scale", Tensor.Scalar(0.02f)).Initializer("zero", Tensor.Scalar((byte)100)).Initializer("wscale", Tensor.Scalar(0.01f)).Initializer("wzero", Tensor.Scalar((sbyte)0))
        .Initializer("first_w8", Quantized([8, 3, 3, 3], 0, 1, 4, 6)).Initializer("second_w8", Quantized([4, 8, 1, 1], 1, 0));

    private static Tensor Quantized(int[] dims, int axis, params int[] zero) =>
        Tensor.Of<sbyte>(new Shape(dims), Array.ConvertAll(Weights(dims, axis, zero), v => v == 0 ? (sbyte)0 : (sbyte)(Math.Sign(v) * (1 + (Math.Abs(v) * 100)))));
}
