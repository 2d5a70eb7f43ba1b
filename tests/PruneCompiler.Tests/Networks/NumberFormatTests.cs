using Onnx;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

public class NumberFormatTests
{
    [Fact]
    public void Half_precision_convolutional_network() => Differential.Check(HalfConvolutions(), tolerance: 6e-3, ways: Differential.Extremes);

    [Fact]
    public void Half_precision_networks_run_with_the_kernels_of_single_precision()
    {
        using var folder = new TemporaryFolder();
        ModelPlan plan = ModelCompiler.Compile(HalfConvolutions().Save(folder.File("net.onnx")), new CompileOptions()).Plan;
        Assert.All(plan.Layers.Where(l => l.Operator.StartsWith("Conv", StringComparison.Ordinal)), l => Assert.DoesNotContain("plain", l.Strategy, StringComparison.Ordinal));
        Assert.Equal(["float16"], plan.Inputs.Concat(plan.Outputs).Select(p => p.Type).Distinct());
        Assert.All(plan.Buffers.Where(b => b.Kind == BufferKind.Scratch), b => Assert.Equal("float32", b.Type));
    }

    [Fact]
    public void Half_precision_transformer_that_normalises_in_single()
    {
        const int Width = 16;
        var net = new NetworkWriter(17, type: ElementType.Float16) { Zeros = 0.5 };
        string x = net.Input("x", 1, 6, Width);
        string Single(string v) => net.Op("Cast", [v], ("to", (int)ElementType.Float32));
        string Half(string v) => net.Op("Cast", [v], ("to", (int)ElementType.Float16));
        string wide = Single(x);
        string mean = net.Op("ReduceMean", [wide], ("axes", new[] { -1 })), centred = net.Op("Sub", wide, mean);
        string deviation = net.Op("Sqrt", net.Op("Add", net.Op("ReduceMean", [net.Op("Mul", centred, centred)], ("axes", new[] { -1 })), net.Constant(Tensor.Scalar(1e-5f))));
        string normal = net.Op("Mul", Half(net.Op("Div", centred, deviation)), net.Positive(Width));
        x = net.Op("Add", x, net.Attention(normal, normal, Width, 2));
        x = net.Op("Add", x, net.Linear(net.Op("Gelu", [net.Linear(x, Width, 32)]), 32, Width));
        net.Model.Model.OpsetImport[0].Version = 20;
        net.Model.Graph.Node.Where(n => n.OpType == "ReduceMean").ToList().ForEach(n =>
        {
            n.Attribute.Clear();
            n.Input.Add(net.Longs(-1));
        });
        net.Output(x).Output(Single(x), ElementType.Float32).Check(tolerance: 8e-3);
    }

    [Fact]
    public void Half_precision_recurrent_network()
    {
        const int Hidden = 8;
        var net = new NetworkWriter(14, type: ElementType.Float16) { Zeros = 0.5 };
        string x = net.Input("x", 7, 1, 5);
        string[] y = net.Ops("GRU", 2, [x, net.Weights(1, 3 * Hidden, 5), net.Weights(1, 3 * Hidden, Hidden), net.Weights(0.1, 1, 6 * Hidden)], ("hidden_size", Hidden), ("linear_before_reset", 1));
        net.Output(net.Linear(net.Op("Squeeze", y[1], net.Longs(0)), Hidden, 3)).Check(tolerance: 6e-3);
    }

    [Fact]
    public void Half_precision_in_branches_and_loops()
    {
        const int Width = 8;
        var net = new NetworkWriter(16, type: ElementType.Float16);
        string x = net.Input("x", 2, Width), condition = net.Input("condition", ElementType.Bool), half = net.Number(0.5), w = net.Weights(Width, Width), v = net.Weights(Width, Width);
        GraphProto Branch(string name, string weights) => OnnxBuilder.Subgraph(
            name,
            [],
            [OnnxBuilder.Info("y", ElementType.Float16, 2, Width)],
            OnnxBuilder.MakeNode(name + "/product", "", "MatMul", [x, weights], ["product"]),
            OnnxBuilder.MakeNode(name + "/function", "", name, ["product"], ["function"]),
            OnnxBuilder.MakeNode(name + "/half", "", "Mul", ["function", half], ["y"]));
        string chosen = net.Op("If", [condition], ("then_branch", Branch("Relu", w)), ("else_branch", Branch("Tanh", v)));
        GraphProto body = OnnxBuilder.Subgraph(
            "body",
            [OnnxBuilder.Info("i", ElementType.Int64), OnnxBuilder.Info("go", ElementType.Bool), OnnxBuilder.Info("state", ElementType.Float16, 2, Width)],
            [OnnxBuilder.Info("go_on", ElementType.Bool), OnnxBuilder.Info("next", ElementType.Float16, 2, Width)],
            OnnxBuilder.MakeNode("product", "", "MatMul", ["state", w], ["product"]),
            OnnxBuilder.MakeNode("tanh", "", "Tanh", ["product"], ["next"]),
            OnnxBuilder.MakeNode("on", "", "Identity", ["go"], ["go_on"]));
        string trips = net.Input("trips", ElementType.Int64);
        string[] known = net.Ops("Loop", 1, [net.Long(3), net.Constant(Tensor.Scalar(true)), chosen], ("body", body)), open = net.Ops("Loop", 1, [trips, net.Constant(Tensor.Scalar(true)), chosen], ("body", body));
        net.Output(chosen).Output(known[0]).Output(open[0]);
        foreach (bool then in new[] { true, false })
        {
            net.Check(tolerance: 6e-3, new Dictionary<string, Tensor> { ["condition"] = Tensor.Scalar(then), ["trips"] = Tensor.Scalar(5L) });
        }
    }

    [Fact]
    public void Bits_in_a_branch()
    {
        var net = new NetworkWriter(18);
        string x = net.Input("x", ElementType.UInt32, 3, 5), y = net.Input("y", ElementType.UInt32, 5), condition = net.Input("condition", ElementType.Bool), three = net.Constant(Tensor.Scalar(3u));
        GraphProto Branch(string name, string join, string direction) => OnnxBuilder.Subgraph(
            name,
            [],
            [OnnxBuilder.Info("z", ElementType.UInt32, 3, 5)],
            OnnxBuilder.MakeNode(name + "/shift", "", "BitShift", [x, three], ["shifted"], ("direction", direction)),
            OnnxBuilder.MakeNode(name + "/join", "", join, ["shifted", y], ["joined"]),
            OnnxBuilder.MakeNode(name + "/not", "", "BitwiseNot", ["joined"], ["z"]));
        net.Output(net.Op("If", [condition], ("then_branch", Branch("then", "BitwiseXor", "LEFT")), ("else_branch", Branch("else", "BitwiseAnd", "RIGHT"))), ElementType.UInt32);
        foreach (bool then in new[] { true, false })
        {
            net.Check(tolerance: 0, new Dictionary<string, Tensor> { ["condition"] = Tensor.Scalar(then) });
        }
    }

    [Fact]
    public void Double_precision_network()
    {
        var net = new NetworkWriter(13, type: ElementType.Float64) { Zeros = 0.5 };
        string x = net.Linear(net.Op("Tanh", net.Linear(net.Input("x", 3, 10), 10, 16)), 16, 4);
        net.Output(net.Op("Softmax", [x], ("axis", -1))).Check(tolerance: 1e-9);
    }

    [Fact]
    public void Binary_activations_and_ternary_weights()
    {
        var net = new NetworkWriter();
        var random = new Random(3);
        string Ternary(params int[] shape)
        {
            var tensor = new Tensor(ElementType.Float32, new Shape(shape));
            foreach (ref float w in tensor.As<float>())
            {
                w = random.Next(3) - 1;
            }

            return net.Constant(tensor);
        }

        string x = net.BatchNorm(net.Op("Conv", [net.Input("x", 1, 3, 20, 20), net.Weights(16, 3, 3, 3)], ("pads", new[] { 1, 1, 1, 1 })), 16);
        string sign = net.Op("Sign", x);
        string y = net.BatchNorm(net.Op("Conv", [sign, Ternary(16, 16, 3, 3)], ("pads", new[] { 1, 1, 1, 1 }), ("strides", new[] { 2, 2 })), 16);
        string ones = net.Op("Cast", [net.Op("GreaterOrEqual", y, net.Number(0))], ("to", 1));
        y = net.Op("Conv", [net.Op("Sub", net.Op("Mul", ones, net.Number(2)), net.Number(1)), Ternary(12, 16, 3, 3)], ("pads", new[] { 1, 1, 1, 1 }));
        string where = net.Op("Where", net.Op("Greater", y, net.Number(0.5)), net.Number(1), net.Op("Where", net.Op("Less", y, net.Number(-0.5)), net.Number(-1), net.Number(0)));
        string flat = net.Op("Flatten", where);
        net.Output(net.Op("MatMul", flat, Ternary(1200, 6))).Check();
    }

    [Fact]
    public void Denormal_weights()
    {
        var net = new NetworkWriter();
        var random = new Random(4);
        var w = new Tensor(ElementType.Float32, new Shape(16, 8, 3, 3));
        foreach (ref float v in w.As<float>())
        {
            v = random.Next(2) == 0 ? random.NextSingle() * 1e-39f : (random.NextSingle() - 0.5f) * 0.3f;
        }

        string y = net.Op("Relu", net.Op("Conv", [net.Input("x", 1, 8, 10, 10), net.Constant(w)], ("pads", new[] { 1, 1, 1, 1 })));
        net.Output(net.Op("GlobalAveragePool", y)).Check();
    }

    [Fact]
    public void Weights_in_half_precision_that_are_cast_to_single()
    {
        var net = new NetworkWriter(type: ElementType.Float16) { Zeros = 0.5 };
        string Weight(params int[] shape) => net.Op("Cast", [net.Weights(shape)], ("to", 1));
        string y = net.Op("Relu", net.Op("Conv", [net.Input("x", ElementType.Float32, 1, 3, 12, 12), Weight(8, 3, 3, 3), Weight(8)], ("pads", new[] { 1, 1, 1, 1 })));
        net.Output(net.Op("MatMul", net.Op("Flatten", y), Weight(1152, 5)), ElementType.Float32).Check();
    }

    private static OnnxBuilder HalfConvolutions()
    {
        var net = new NetworkWriter(13, type: ElementType.Float16) { Zeros = 0.6 };
        string x = net.Op("Relu", net.Conv(net.Input("x", 1, 3, 20, 20), 3, 8, 3, 2));
        x = net.Op("Relu", net.Op("Add", x, net.Conv(net.Op("Relu", net.Conv(x, 8, 8)), 8, 8)));
        x = net.Op("Clip", net.Conv(x, 8, 8, 3, 1, 8), net.Number(0), net.Number(6));
        string pooled = net.Op("Flatten", net.Op("GlobalAveragePool", net.Op("MaxPool", [x], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }))));
        return net.Output(net.Op("Gemm", [pooled, net.Weights(5, 8), net.Weights(0.1, 5)], ("transB", 1))).Model;
    }
}
