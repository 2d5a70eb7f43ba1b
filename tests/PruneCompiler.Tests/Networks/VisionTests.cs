using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

public class VisionTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.8)]
    public void Mobile_network_with_squeeze_and_excitation(double zeros)
    {
        var net = new NetworkWriter { Zeros = zeros };
        string x = net.Op("HardSwish", net.BatchNorm(net.Conv(net.Input("x", "N", 3, 32, 32), 3, 8, 3, 2), 8));
        foreach ((int wide, int to, int kernel, int stride) in new[] { (16, 8, 3, 1), (24, 12, 5, 2), (24, 12, 5, 1) })
        {
            int from = to == 8 || stride == 2 ? 8 : 12;
            string y = net.Op("HardSwish", net.BatchNorm(net.Conv(x, from, wide, 1), wide));
            y = net.Op("HardSwish", net.BatchNorm(net.Conv(y, wide, wide, kernel, stride, wide), wide));
            string squeezed = net.Op("Relu", net.Conv(net.Op("GlobalAveragePool", y), wide, 8, 1));

            // hardsigmoid, once as an operator, once as torch's relu6(x + 3) / 6
            string gate = kernel == 3 ? net.Op("HardSigmoid", [net.Conv(squeezed, 8, wide, 1)], ("alpha", 1f / 6), ("beta", 0.5f))
                : net.Op("Div", net.Op("Clip", net.Op("Add", net.Conv(squeezed, 8, wide, 1), net.Number(3)), net.Number(0), net.Number(6)), net.Number(6));
            y = net.BatchNorm(net.Conv(net.Op("Mul", gate, y), wide, to, 1), to);
            x = stride == 1 && from == to ? net.Op("Add", x, y) : y;
        }

        string pooled = net.Op("Reshape", net.Op("GlobalAveragePool", x), net.ShapeOf(net.Dim(x, 0), -1));
        net.Output(net.Op("Gemm", [pooled, net.Weights(9, 12), net.Weights(0.1, 9)], ("transB", 1))).Check();
    }

    [Fact]
    public void Efficient_network_with_sigmoid_gates()
    {
        var net = new NetworkWriter(11) { Zeros = 0.7 };
        string x = net.Silu(net.BatchNorm(net.Conv(net.Input("x", 1, 3, 24, 24), 3, 8, 3, 2), 8));
        string y = net.Silu(net.BatchNorm(net.Conv(x, 8, 8, 3, 1, 8), 8));
        string mean = net.Op("ReduceMean", [y], ("axes", new[] { 2, 3 }), ("keepdims", 1));
        y = net.Op("Mul", net.Op("Sigmoid", net.Conv(net.Silu(net.Conv(mean, 8, 4, 1)), 4, 8, 1)), y);
        x = net.Op("Add", x, net.BatchNorm(net.Conv(y, 8, 8, 1), 8));
        string flat = net.Op("Flatten", [net.Op("GlobalAveragePool", x)], ("axis", 1));
        net.Output(net.Op("Softmax", [net.Op("Gemm", [flat, net.Weights(5, 8), net.Weights(0.1, 5)], ("transB", 1))], ("axis", 1))).Check();
    }

    [Fact]
    public void Shuffle_network()
    {
        var net = new NetworkWriter { Zeros = 0.5 };
        string x = net.Op("MaxPool", [net.Op("Relu", net.Conv(net.Input("x", 1, 3, 32, 32), 3, 16, 3, 2))], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 1, 1, 1 }));
        for (int i = 0; i < 2; i++)
        {
            string[] halves = i == 0 ? net.Ops("Split", 2, [x, net.Longs(8, 8)], ("axis", 1))
                : [net.Op("Slice", x, net.Longs(0), net.Longs(8), net.Longs(1)), net.Op("Slice", x, net.Longs(8), net.Longs(16), net.Longs(1))];
            string y = net.Op("Relu", net.Conv(halves[1], 8, 8, 1));
            y = net.Op("Relu", net.Conv(net.Conv(y, 8, 8, 3, 1, 8), 8, 8, 1));
            string joined = net.Op("Concat", [halves[0], y], ("axis", 1));
            string n = net.Dim(joined, 0), h = net.Dim(joined, 2), w = net.Dim(joined, 3);
            string grouped = net.Op("Reshape", joined, net.ShapeOf(n, 2, 8, h, w));
            x = net.Op("Reshape", net.Op("Transpose", [grouped], ("perm", new[] { 0, 2, 1, 3, 4 })), net.ShapeOf(n, -1, h, w));
        }

        string mean = net.Op("ReduceMean", [x], ("axes", new[] { 2, 3 }), ("keepdims", 0));
        net.Output(net.Op("Gemm", [mean, net.Weights(6, 16), net.Weights(0.1, 6)], ("transB", 1))).Check();
    }

    [Fact]
    public void ConvNext_block_normalises_over_channels_by_transposing()
    {
        const int Channels = 12;
        var net = new NetworkWriter { Zeros = 0.5 };
        string x = net.Conv(net.Input("x", 1, 3, 16, 16), 3, Channels, 4, 4, pad: 0);
        for (int i = 0; i < 2; i++)
        {
            string y = net.Op("Transpose", [net.Conv(x, Channels, Channels, 7, 1, Channels)], ("perm", new[] { 0, 2, 3, 1 }));
            y = net.Linear(net.Gelu(net.Linear(net.LayerNorm(y, Channels), Channels, 4 * Channels)), 4 * Channels, Channels);
            y = net.Op("Transpose", [net.Op("Mul", net.Weights(0.5, Channels), y)], ("perm", new[] { 0, 3, 1, 2 }));
            x = net.Op("Add", x, y);
        }

        string pooled = net.Op("ReduceMean", [x], ("axes", new[] { -2, -1 }), ("keepdims", 0));
        net.Output(net.Linear(net.LayerNorm(pooled, Channels), Channels, 4)).Check();
    }

    [Theory]
    [InlineData("ConvTranspose")]
    [InlineData("Resize")]
    [InlineData("Upsample")]
    public void U_net(string up)
    {
        var net = new NetworkWriter(up == "Upsample" ? 9 : 16) { Zeros = 0.7 };
        string Double(string v, int from, int to) => net.Op("Relu", net.BatchNorm(net.Conv(net.Op("Relu", net.BatchNorm(net.Conv(v, from, to), to)), to, to), to));
        string Pool(string v) => net.Op("MaxPool", [v], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }));
        string Up(string v, int from, int to) => up switch
        {
            "ConvTranspose" => net.Op("ConvTranspose", [v, net.Weights(0.3, from, to, 2, 2), net.Weights(0.1, to)], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 })),
            "Resize" => net.Conv(net.Op("Resize", [v, "", "", net.Op("Concat", [net.Op("Slice", net.Op("Shape", v), net.Longs(0), net.Longs(2), net.Longs(0)), net.Op("Mul", net.Op("Slice", net.Op("Shape", v), net.Longs(2), net.Longs(4), net.Longs(0)), net.Long(2))], ("axis", 0))],
                ("mode", "linear"), ("coordinate_transformation_mode", "pytorch_half_pixel")), from, to, 1),
            _ => net.Conv(net.Op("Upsample", [v, net.Constant(Tensor.Vector(1f, 1, 2, 2))], ("mode", "nearest")), from, to, 1),
        };
        string a = Double(net.Input("x", 1, 1, 24, 20), 1, 6), b = Double(Pool(a), 6, 10), c = Double(Pool(b), 10, 14);
        string d = Double(net.Op("Concat", [b, Up(c, 14, 10)], ("axis", 1)), 20, 10);
        string e = Double(net.Op("Concat", [a, Up(d, 10, 6)], ("axis", 1)), 12, 6);
        net.Output(net.Op("Sigmoid", net.Conv(e, 6, 1, 1))).Check();
    }

    [Fact]
    public void Yolo_like_detector_with_boxes_scores_and_suppression()
    {
        const int Classes = 4;
        var net = new NetworkWriter(13) { Zeros = 0.6 };
        string p3 = net.Silu(net.Conv(net.Silu(net.Conv(net.Input("images", 1, 3, 64, 64), 3, 8, 3, 2)), 8, 12, 3, 2));
        string p4 = net.Silu(net.Conv(p3, 12, 16, 3, 2));
        string pool = net.Op("MaxPool", [p4], ("kernel_shape", new[] { 5, 5 }), ("strides", new[] { 1, 1 }), ("pads", new[] { 2, 2, 2, 2 }));
        p4 = net.Silu(net.Conv(net.Op("Concat", [p4, pool], ("axis", 1)), 32, 16, 1));
        string up = net.Op("Resize", [p4, "", net.Constant(Tensor.Vector(1f, 1, 2, 2))], ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"));
        p3 = net.Silu(net.Conv(net.Op("Concat", [up, p3], ("axis", 1)), 28, 12));
        string Head(string v, int channels, int side, int stride)
        {
            string raw = net.Op("Reshape", net.Conv(v, channels, 2 * (5 + Classes), 1), net.Longs(1, 2, 5 + Classes, side, side));
            string y = net.Op("Sigmoid", net.Op("Transpose", [raw], ("perm", new[] { 0, 1, 3, 4, 2 })));
            string[] parts = net.Ops("Split", 3, [y, net.Longs(2, 2, 1 + Classes)], ("axis", 4));
            string grid = net.Constant(Grid(side));
            string xy = net.Op("Mul", net.Op("Add", net.Op("Sub", net.Op("Mul", parts[0], net.Number(2)), net.Number(0.5)), grid), net.Number(stride));
            string wh = net.Op("Mul", net.Op("Pow", net.Op("Mul", parts[1], net.Number(2)), net.Number(2)), net.Constant(Tensor.Of<float>(new Shape(1, 2, 1, 1, 2), [10, 13, 30, 23])));
            return net.Op("Reshape", net.Op("Concat", [xy, wh, parts[2]], ("axis", 4)), net.Longs(1, -1, 5 + Classes));
        }

        string all = net.Op("Concat", [Head(p3, 12, 16, 4), Head(p4, 16, 8, 8)], ("axis", 1));
        string boxes = net.Op("Slice", all, net.Longs(0), net.Longs(4), net.Longs(2));
        string scores = net.Op("Mul", net.Op("Slice", all, net.Longs(5), net.Longs(5 + Classes), net.Longs(2)), net.Op("Slice", all, net.Longs(4), net.Longs(5), net.Longs(2)));
        string chosen = net.Op("NonMaxSuppression", [boxes, net.Op("Transpose", [scores], ("perm", new[] { 0, 2, 1 })), net.Long(20), net.Number(0.45), net.Number(0.2)], ("center_point_box", 1));
        string index = net.Op("Squeeze", net.Op("Slice", chosen, net.Longs(2), net.Longs(3), net.Longs(1)), net.Longs(1));
        string kept = net.Op("Gather", [boxes, index], ("axis", 1));
        string places = net.Op("Slice", chosen, net.Longs(0), net.Longs(3), net.Longs(1));
        string keptScores = net.Op("GatherND", net.Op("Transpose", [scores], ("perm", new[] { 0, 2, 1 })), places);
        net.Output(all).Output(chosen, ElementType.Int64).Output(kept).Output(keptScores).Check(1e-4);
    }

    [Fact]
    public void Detector_that_keeps_the_best_boxes_without_suppression()
    {
        var net = new NetworkWriter(13) { Zeros = 0.5 };
        string feature = net.Op("Relu", net.Conv(net.Input("x", 1, 3, 32, 32), 3, 8, 3, 2));
        string heat = net.Op("Sigmoid", net.Conv(feature, 8, 2, 1));
        string peaks = net.Op("MaxPool", [heat], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 1, 1 }), ("pads", new[] { 1, 1, 1, 1 }));
        string only = net.Op("Mul", heat, net.Op("Cast", [net.Op("Equal", heat, peaks)], ("to", 1)));
        string[] best = net.Ops("TopK", 2, [net.Op("Reshape", only, net.Longs(1, -1)), net.Longs(10)], ("axis", 1), ("largest", 1), ("sorted", 1));
        string place = net.Op("Mod", best[1], net.Long(256)), kind = net.Op("Div", best[1], net.Long(256));
        string y = net.Op("Cast", [net.Op("Div", place, net.Long(16))], ("to", 1)), x = net.Op("Cast", [net.Op("Mod", place, net.Long(16))], ("to", 1));
        string sizes = net.Op("Transpose", [net.Op("Reshape", net.Conv(feature, 8, 2, 1), net.Longs(1, 2, -1))], ("perm", new[] { 0, 2, 1 }));
        string wh = net.Op("GatherElements", [sizes, net.Op("Expand", net.Op("Unsqueeze", place, net.Longs(2)), net.Longs(1, 10, 2))], ("axis", 1));
        string centre = net.Op("Concat", [net.Op("Unsqueeze", x, net.Longs(2)), net.Op("Unsqueeze", y, net.Longs(2))], ("axis", 2)), half = net.Op("Div", wh, net.Number(2));
        net.Output(best[0]).Output(kind, ElementType.Int64).Output(net.Op("Concat", [net.Op("Sub", centre, half), net.Op("Add", centre, half)], ("axis", 2))).Check();
    }

    [Fact]
    public void Single_shot_detector_in_the_layout_of_tensorflow()
    {
        var net = new NetworkWriter(12) { Zeros = 0.5 };
        string x = net.Op("Transpose", [net.Input("image", 1, 33, 33, 3)], ("perm", new[] { 0, 3, 1, 2 }));
        string a = net.Op("Clip", net.Op("Conv", [x, net.Weights(8, 3, 3, 3)], ("auto_pad", "SAME_UPPER"), ("strides", new[] { 2, 2 }), ("kernel_shape", new[] { 3, 3 })), net.Number(0), net.Number(6));
        string b = net.Op("Clip", net.Op("Conv", [a, net.Weights(12, 8, 3, 3)], ("auto_pad", "SAME_UPPER"), ("strides", new[] { 2, 2 }), ("kernel_shape", new[] { 3, 3 })), net.Number(0), net.Number(6));
        string Head(string v, int channels, int width) => net.Op("Reshape", net.Op("Transpose", [net.Conv(v, channels, 3 * width, 3)], ("perm", new[] { 0, 2, 3, 1 })), net.Longs(1, -1, width));
        string boxes = net.Op("Concat", [Head(a, 8, 4), Head(b, 12, 4)], ("axis", 1)), scores = net.Op("Softmax", [net.Op("Concat", [Head(a, 8, 3), Head(b, 12, 3)], ("axis", 1))], ("axis", 2));
        string[] d = net.Ops("Split", 4, [boxes], ("axis", -1));
        string w = net.Op("Exp", net.Op("Mul", d[2], net.Number(0.2))), h = net.Op("Exp", net.Op("Mul", d[3], net.Number(0.2)));
        string corners = net.Op("Concat", [net.Op("Sub", d[1], net.Op("Div", h, net.Number(2))), net.Op("Sub", d[0], net.Op("Div", w, net.Number(2))), net.Op("Add", d[1], net.Op("Div", h, net.Number(2))), net.Op("Add", d[0], net.Op("Div", w, net.Number(2)))], ("axis", -1));
        string chosen = net.Op("NonMaxSuppression", corners, net.Op("Transpose", [scores], ("perm", new[] { 0, 2, 1 })), net.Longs(10), net.Constant(Tensor.Vector(0.6f)), net.Constant(Tensor.Vector(0.4f)));
        net.Output(corners).Output(scores).Output(chosen, ElementType.Int64).Check();
    }

    private static Tensor Grid(int side)
    {
        var grid = new Tensor(ElementType.Float32, new Shape(1, 1, side, side, 2));
        for (int i = 0; i < side * side; i++)
        {
            grid.As<float>()[2 * i] = i % side;
            grid.As<float>()[(2 * i) + 1] = i / side;
        }

        return grid;
    }
}
