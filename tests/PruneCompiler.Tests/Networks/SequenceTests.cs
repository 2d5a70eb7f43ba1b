using Onnx;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

public class SequenceTests
{
    [Fact]
    public void Temporal_convolutions_that_see_the_past_only()
    {
        var net = new NetworkWriter { Zeros = 0.7 };
        string x = net.Input("audio", 1, 4, 50);
        int channels = 4;
        foreach (int dilation in new[] { 1, 2, 4, 8 })
        {
            // Once as a Pad in front, once as padding on both sides whose right end is cut off (torch's Chomp1d).
            string padded = net.Op("Pad", [x, net.Longs(0, 0, 2 * dilation, 0, 0, 0)], ("mode", "constant"));
            string y = net.Op("Relu", net.Op("Conv", [padded, net.Weights(12, channels, 3), net.Weights(0.1, 12)], ("kernel_shape", new[] { 3 }), ("dilations", new[] { dilation })));
            string wide = net.Op("Conv", [y, net.Weights(12, 12, 3), net.Weights(0.1, 12)], ("kernel_shape", new[] { 3 }), ("dilations", new[] { dilation }), ("pads", new[] { 2 * dilation, 2 * dilation }));
            y = net.Op("Relu", net.Op("Slice", wide, net.Longs(0), net.Longs(-2 * dilation), net.Longs(2)));
            string side = channels == 12 ? x : net.Op("Conv", [x, net.Weights(12, channels, 1), net.Weights(0.1, 12)]);
            x = net.Op("Relu", net.Op("Add", y, side));
            channels = 12;
        }

        string last = net.Op("Gather", [x, net.Long(-1)], ("axis", 2));
        net.Output(net.Op("Gemm", [last, net.Weights(5, 12), net.Weights(0.1, 5)], ("transB", 1))).Check();
    }

    [Fact]
    public void Wave_network_with_gated_units_and_skips()
    {
        var net = new NetworkWriter { Zeros = 0.6 };
        string x = net.Op("Conv", net.Input("wave", 1, 1, 64), net.Weights(8, 1, 1));
        string? skips = null;
        foreach (int dilation in new[] { 1, 2, 4 })
        {
            string both = net.Op("Conv", [net.Op("Pad", x, net.Longs(0, 0, dilation, 0, 0, 0)), net.Weights(16, 8, 2), net.Weights(0.1, 16)], ("dilations", new[] { dilation }));
            string[] halves = net.Ops("Split", 2, [both], ("axis", 1));
            string gated = net.Op("Mul", net.Op("Tanh", halves[0]), net.Op("Sigmoid", halves[1]));
            string skip = net.Op("Conv", gated, net.Weights(6, 8, 1));
            skips = skips is null ? skip : net.Op("Add", skips, skip);
            x = net.Op("Add", x, net.Op("Conv", gated, net.Weights(8, 8, 1)));
        }

        net.Output(net.Op("Softmax", [net.Op("Conv", net.Op("Relu", skips!), net.Weights(10, 6, 1))], ("axis", 1))).Check();
    }

    [Theory]
    [InlineData("LSTM", 4)]
    [InlineData("GRU", 3)]
    public void Recurrent_layers_between_transposes(string name, int gates)
    {
        const int Hidden = 10;
        var net = new NetworkWriter(14) { Zeros = 0.6 };
        string input = net.Input("x", "batch", 12, 6);
        string x = net.Op("Transpose", [input], ("perm", new[] { 1, 0, 2 }));
        string batch = net.Op("Slice", net.Op("Shape", input), net.Longs(0), net.Longs(1));
        string state = net.Op("Expand", net.Number(0), net.Op("Concat", [net.Longs(1), batch, net.Longs(Hidden)], ("axis", 0)));
        string forward = net.Ops(name, 2, [x, net.Weights(1, gates * Hidden, 6), net.Weights(1, gates * Hidden, Hidden), net.Weights(0.1, 1, 2 * gates * Hidden), "", state, .. name == "LSTM" ? [state] : Array.Empty<string>()], ("hidden_size", Hidden))[0];
        string squeezed = net.Op("Squeeze", forward, net.Longs(1));
        string[] both = net.Ops(name, 2, [squeezed, net.Weights(2, gates * Hidden, Hidden), net.Weights(2, gates * Hidden, Hidden), net.Weights(0.1, 2, 2 * gates * Hidden)], ("hidden_size", Hidden), ("direction", "bidirectional"));
        string joined = net.Op("Reshape", net.Op("Transpose", [both[0]], ("perm", new[] { 2, 0, 1, 3 })), net.Longs(0, 0, -1));
        string ends = net.Op("Reshape", net.Op("Transpose", [both[1]], ("perm", new[] { 1, 0, 2 })), net.Longs(0, -1));
        net.Output(net.Linear(joined, 2 * Hidden, 4)).Output(net.Linear(ends, 2 * Hidden, 3)).Check();
    }

    [Fact]
    public void A_cell_written_out_and_scanned()
    {
        const int Hidden = 8;
        var net = new NetworkWriter(11) { Zeros = 0.5 };
        string x = net.Input("x", 9, 5), h = net.Input("h", Hidden), w = net.Weights(0.5, 5, Hidden), r = net.Weights(0.5, Hidden, Hidden);
        GraphProto body = OnnxBuilder.Subgraph(
            "body",
            [OnnxBuilder.Info("h_in", ElementType.Float32, Hidden), OnnxBuilder.Info("x_t", ElementType.Float32, 5)],
            [OnnxBuilder.Info("h_out", ElementType.Float32, Hidden), OnnxBuilder.Info("y_t", ElementType.Float32, Hidden)],
            OnnxBuilder.MakeNode("a", "", "MatMul", ["x_t", w], ["a"]),
            OnnxBuilder.MakeNode("b", "", "MatMul", ["h_in", r], ["b"]),
            OnnxBuilder.MakeNode("c", "", "Add", ["a", "b"], ["c"]),
            OnnxBuilder.MakeNode("d", "", "Tanh", ["c"], ["h_out"]),
            OnnxBuilder.MakeNode("e", "", "Identity", ["h_out"], ["y_t"]));
        string[] results = net.Ops("Scan", 2, [h, x], ("body", body), ("num_scan_inputs", 1));
        net.Output(results[0]).Output(results[1]).Check();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_recurrent_cell_in_a_loop(bool constantTrips)
    {
        const int Hidden = 8, Steps = 6;
        var net = new NetworkWriter(13) { Zeros = 0.5 };
        string x = net.Input("x", Steps, 5), h = net.Input("h", 1, Hidden), w = net.Weights(0.5, 5, Hidden), r = net.Weights(0.5, Hidden, Hidden);
        string trips = constantTrips ? net.Dim(x, 0) : net.Input("trips", ElementType.Int64);
        GraphProto body = OnnxBuilder.Subgraph(
            "body",
            [OnnxBuilder.Info("i", ElementType.Int64), OnnxBuilder.Info("go", ElementType.Bool), OnnxBuilder.Info("h_in", ElementType.Float32, 1, Hidden)],
            [OnnxBuilder.Info("go_out", ElementType.Bool), OnnxBuilder.Info("h_out", ElementType.Float32, 1, Hidden), .. constantTrips ? new[] { OnnxBuilder.Info("y_t", ElementType.Float32, 1, Hidden) } : []],
            OnnxBuilder.MakeNode("x_t", "", "Gather", [x, "i"], ["x_t"], ("axis", 0)),
            OnnxBuilder.MakeNode("a", "", "MatMul", ["x_t", w], ["a"]),
            OnnxBuilder.MakeNode("b", "", "MatMul", ["h_in", r], ["b"]),
            OnnxBuilder.MakeNode("c", "", "Add", ["a", "b"], ["c"]),
            OnnxBuilder.MakeNode("d", "", "Sigmoid", ["c"], ["h_out"]),
            OnnxBuilder.MakeNode("e", "", "Identity", ["h_out"], ["y_t"]),
            OnnxBuilder.MakeNode("f", "", "Identity", ["go"], ["go_out"]));
        string[] results = net.Ops("Loop", constantTrips ? 2 : 1, [trips, net.Constant(Tensor.Scalar(true)), h], ("body", body));
        foreach (string result in results)
        {
            net.Output(result);
        }

        net.Check(inputs: constantTrips ? null : new Dictionary<string, Tensor> { ["trips"] = Tensor.Scalar(4L) });
    }

    [Fact]
    public void Voice_activity_with_state_in_and_out()
    {
        const int Hidden = 16;
        var net = new NetworkWriter(15) { Zeros = 0.5 };
        string frame = net.Input("frame", 1, 1, 64), h = net.Input("h", 1, 1, Hidden), c = net.Input("c", 1, 1, Hidden);
        string padded = net.Op("Pad", [frame, net.Longs(0, 0, 16, 0, 0, 16)], ("mode", "reflect"));
        string spectrum = net.Op("Conv", [padded, net.Weights(18, 1, 32)], ("strides", new[] { 16 }));
        string real = net.Op("Slice", spectrum, net.Longs(0), net.Longs(9), net.Longs(1)), imaginary = net.Op("Slice", spectrum, net.Longs(9), net.Longs(long.MaxValue), net.Longs(1));
        string magnitude = net.Op("Sqrt", net.Op("Add", net.Op("Pow", real, net.Number(2)), net.Op("Pow", imaginary, net.Number(2))));
        string logs = net.Op("Log", net.Op("Add", net.Op("Mul", magnitude, net.Number(1048576)), net.Number(1)));
        string y = net.Op("Relu", net.Op("Conv", [logs, net.Weights(12, 9, 3), net.Weights(0.1, 12)], ("pads", new[] { 1, 1 }), ("strides", new[] { 2 })));
        string turned = net.Op("Transpose", [y], ("perm", new[] { 2, 0, 1 }));
        string[] lstm = net.Ops("LSTM", 3, [turned, net.Weights(1, 4 * Hidden, 12), net.Weights(1, 4 * Hidden, Hidden), net.Weights(0.1, 1, 8 * Hidden), "", h, c], ("hidden_size", Hidden));
        string mean = net.Op("ReduceMean", [net.Op("Squeeze", lstm[0], net.Longs(1))], ("axes", new[] { 0 }), ("keepdims", 1));
        net.Output(net.Op("Sigmoid", net.Op("Squeeze", net.Op("Gemm", [net.Op("Reshape", mean, net.Longs(1, -1)), net.Weights(1, Hidden), net.Weights(0.1, 1)], ("transB", 1)), net.Longs(1)))).Output(lstm[1]).Output(lstm[2]).Check();
    }

    [Fact]
    public void Spiking_neurons_that_integrate_leak_and_fire()
    {
        var net = new NetworkWriter { Zeros = 0.7 };
        string x = net.Input("x", 1, 2, 12, 12), membrane = net.Input("membrane", 1, 8, 12, 12);
        string[] weights = [net.Weights(8, 2, 3, 3), net.Weights(0.1, 8)];
        string spikes = "", sum = "";
        for (int step = 0; step < 4; step++)
        {
            string current = net.Op("Conv", [x, .. weights], ("pads", new[] { 1, 1, 1, 1 }));
            membrane = net.Op("Add", net.Op("Mul", membrane, net.Number(0.9)), current);
            spikes = net.Op("Cast", [net.Op("Greater", membrane, net.Number(0.5))], ("to", 1));
            membrane = net.Op("Mul", membrane, net.Op("Sub", net.Number(1), spikes));
            sum = step == 0 ? spikes : net.Op("Add", sum, spikes);
        }

        string rate = net.Op("Reshape", net.Op("AveragePool", [net.Op("Div", sum, net.Number(4))], ("kernel_shape", new[] { 4, 4 }), ("strides", new[] { 4, 4 })), net.Longs(1, -1));
        net.Output(net.Op("Gemm", [rate, net.Weights(5, 72), net.Weights(0.1, 5)], ("transB", 1))).Output(membrane).Check();
    }
}
