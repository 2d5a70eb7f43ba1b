using PruneCompiler.IR;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.Prune;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Optimize;

/// <summary>Nodes that do nothing and nodes that repeat others: which go, which stay, and that the results stay.</summary>
public sealed class SimplifierTests
{
    private static readonly float[] Identity3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

    public static TheoryData<string, int> Cases => new()
    {
        { "identity convolution 1x1", 1 }, { "identity convolution 3x3", 1 }, { "identity depthwise", 1 }, { "shifting convolution", 2 }, { "identity convolution with bias", 2 },
        { "swapping convolution", 2 }, { "identity matrix", 1 }, { "identity matrix on the left", 1 }, { "identity gemm", 1 }, { "half identity gemm", 2 },
        { "identity normalisation", 1 }, { "normalisation with shift", 2 },
        { "relu of relu", 1 }, { "relu of sigmoid", 1 }, { "relu of average of relu", 2 }, { "relu of max pool of relu", 2 }, { "relu of sum of relus", 3 }, { "relu of softmax", 1 },
        { "clip wider than sigmoid", 1 }, { "clip narrower than sigmoid", 2 }, { "relu before clip", 1 }, { "relu before negative clip", 2 }, { "max with zero of relu", 1 }, { "leaky relu of relu", 1 }, { "abs of exp", 1 },
        { "pad of nothing", 1 }, { "slice of everything", 1 }, { "gather of everything", 1 }, { "gather of a permutation", 2 }, { "power of one", 1 }, { "pool of one pixel", 1 },
        { "resize to the same", 1 }, { "concat of one", 1 }, { "mean of one axis of one", 1 }, { "depth to space by one", 1 }, { "cast to the same", 1 },
        { "two equal convolutions", 2 }, { "two convolutions of equal constants", 2 }, { "two different convolutions", 3 }, { "equal chains", 3 }, { "different attributes", 3 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_does_nothing_goes(string form, int left)
    {
        OnnxBuilder model = Make(form);
        Graph graph = model.Import().Graph;
        Simplifier.Run(graph);
        Assert.True(graph.Nodes.Count == left, PruneCheck.Print(graph));
        ChannelCheck.Executed(model); // the same results as ONNX Runtime
    }

    [Fact]
    public void Transposition_of_axes_of_size_one_is_only_another_view()
    {
        Graph graph = new OnnxBuilder(14).Input("x", 1, 5, 1, 3).Node("Transpose", ["x"], ["y"], ("perm", new[] { 1, 0, 3, 2 })).Output("y").Import().Graph;
        Simplifier.Run(graph);
        Assert.Equal("Reshape", graph.Nodes.Single().Operator.Name);
    }

    [Fact]
    public void The_table_of_layers_says_which_layer_stands_for_another()
    {
        using var folder = new TemporaryFolder();
        var rows = ModelCompiler.Compile(Make("two equal convolutions").Save(folder.File("m.onnx")), new CompileOptions()).Plan.Layers;
        Assert.Equal("removed: it computes the same as Conv_0", rows[1].Reason);
        Assert.Equal(0, rows[1].MacsAfter);
    }

    private static OnnxBuilder Make(string form)
    {
        OnnxBuilder m = new OnnxBuilder(18).Input("x", 1, 3, 4, 4);
        switch (form)
        {
            case "identity convolution 1x1": return m.Conv("x", [3, 3, 1, 1], Identity3, "c").Node("Neg", ["c"], ["y"]).Output("y");
            case "identity convolution 3x3": return m.Conv("x", [3, 3, 3, 3], Centre(3, 3, 4), "c", 1).Node("Neg", ["c"], ["y"]).Output("y");
            case "shifting convolution": return m.Conv("x", [3, 3, 3, 3], Centre(3, 3, 5), "c", 1).Node("Neg", ["c"], ["y"]).Output("y");
            case "identity depthwise": return m.Conv("x", [3, 1, 3, 3], Centre(3, 1, 4), "c", 1, 3).Node("Neg", ["c"], ["y"]).Output("y");
            case "identity convolution with bias": return m.Conv("x", [3, 3, 1, 1], Identity3, "c", bias: [0, 0.5f, 0]).Node("Neg", ["c"], ["y"]).Output("y");
            case "swapping convolution": return m.Conv("x", [3, 3, 1, 1], [0, 1, 0, 1, 0, 0, 0, 0, 1], "c").Node("Neg", ["c"], ["y"]).Output("y");
            case "identity matrix": return m.MatMul("x", [4, 4], Centre(4), "c").Node("Neg", ["c"], ["y"]).Output("y");
            case "identity matrix on the left": return m.Initializer("i", [4, 4], Centre(4)).Node("MatMul", ["i", "x"], ["c"]).Node("Neg", ["c"], ["y"]).Output("y");
            case "identity gemm" or "half identity gemm":
                return new OnnxBuilder(18).Input("x", 2, 4).Initializer("i", [4, 4], Centre(4)).Node("Gemm", ["x", "i"], ["c"], ("transB", 1), ("alpha", form[0] == 'h' ? 0.5f : 1f)).Node("Neg", ["c"], ["y"]).Output("y");
            case "identity normalisation" or "normalisation with shift":
                return m.Initializer("one", [3], 1, 1, 1).Initializer("zero", [3], 0, 0, 0).Initializer("shift", [3], 0, form[0] == 'n' ? 1 : 0, 0)
                    .Node("BatchNormalization", ["x", "one", "shift", "zero", "one"], ["c"], ("epsilon", 0f)).Node("Neg", ["c"], ["y"]).Output("y");
            case "relu of relu": return m.Node("Relu", ["x"], ["a"]).Node("Relu", ["a"], ["y"]).Output("y");
            case "relu of sigmoid": return m.Node("Sigmoid", ["x"], ["a"]).Node("Relu", ["a"], ["y"]).Output("y");
            case "relu of average of relu": return m.Node("Relu", ["x"], ["a"]).Node("AveragePool", ["a"], ["b"], ("kernel_shape", new[] { 2, 2 })).Node("Relu", ["b"], ["y"]).Output("y");
            case "relu of max pool of relu": return m.Node("Relu", ["x"], ["a"]).Node("MaxPool", ["a"], ["b"], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 })).Node("Relu", ["b"], ["y"]).Output("y");
            case "relu of sum of relus": return m.Node("Relu", ["x"], ["a"]).Node("Exp", ["x"], ["b"]).Node("Add", ["a", "b"], ["c"]).Node("Relu", ["c"], ["y"]).Output("y");
            case "relu of softmax": return m.Node("Softmax", ["x"], ["a"], ("axis", 1)).Node("Relu", ["a"], ["y"]).Output("y");
            case "clip wider than sigmoid" or "clip narrower than sigmoid":
                return m.Initializer("low", Tensor.Scalar(0f)).Initializer("high", Tensor.Scalar(form[5] == 'w' ? 6f : 0.5f)).Node("Sigmoid", ["x"], ["a"]).Node("Clip", ["a", "low", "high"], ["y"]).Output("y");
            case "relu before clip" or "relu before negative clip":
                return m.Initializer("low", Tensor.Scalar(form.Length > 16 ? -1f : 0f)).Initializer("high", Tensor.Scalar(0.7f)).Node("Relu", ["x"], ["a"]).Node("Clip", ["a", "low", "high"], ["y"]).Output("y");
            case "max with zero of relu": return m.Initializer("zero", Tensor.Scalar(0f)).Node("Relu", ["x"], ["a"]).Node("Max", ["a", "zero"], ["y"]).Output("y");
            case "leaky relu of relu": return m.Node("Relu", ["x"], ["a"]).Node("LeakyRelu", ["a"], ["y"]).Output("y");
            case "abs of exp": return m.Node("Exp", ["x"], ["a"]).Node("Abs", ["a"], ["y"]).Output("y");
            case "pad of nothing": return m.Initializer("pads", 0L, 0, 0, 0, 0, 0, 0, 0).Node("Pad", ["x", "pads"], ["a"]).Node("Neg", ["a"], ["y"]).Output("y");
            case "slice of everything": return m.Initializer("s", 0L).Initializer("e", 99L).Initializer("a", 1L).Node("Slice", ["x", "s", "e", "a"], ["b"]).Node("Neg", ["b"], ["y"]).Output("y");
            case "gather of everything": return m.Initializer("i", 0L, 1, 2).Node("Gather", ["x", "i"], ["b"], ("axis", 1)).Node("Neg", ["b"], ["y"]).Output("y");
            case "gather of a permutation": return m.Initializer("i", 0L, 2, 1).Node("Gather", ["x", "i"], ["b"], ("axis", 1)).Node("Neg", ["b"], ["y"]).Output("y");
            case "power of one": return m.Initializer("p", Tensor.Scalar(1f)).Node("Pow", ["x", "p"], ["b"]).Node("Neg", ["b"], ["y"]).Output("y");
            case "pool of one pixel": return m.Node("MaxPool", ["x"], ["b"], ("kernel_shape", new[] { 1, 1 })).Node("Neg", ["b"], ["y"]).Output("y");
            case "resize to the same":
                return m.Initializer("scales", [4], 1, 1, 1, 1).Node("Resize", ["x", "", "scales"], ["b"], ("mode", "linear")).Node("Neg", ["b"], ["y"]).Output("y");
            case "concat of one": return m.Node("Concat", ["x"], ["b"], ("axis", 1)).Node("Neg", ["b"], ["y"]).Output("y");
            case "mean of one axis of one": return m.Initializer("axes", 0L).Node("ReduceMean", ["x", "axes"], ["b"]).Node("Neg", ["b"], ["y"]).Output("y");
            case "depth to space by one": return m.Node("DepthToSpace", ["x"], ["b"], ("blocksize", 1)).Node("Neg", ["b"], ["y"]).Output("y");
            case "cast to the same": return m.Node("Cast", ["x"], ["b"], ("to", (int)ElementType.Float32)).Node("Neg", ["b"], ["y"]).Output("y");
            case "two equal convolutions":
                return m.Initializer("w", [3, 3, 1, 1], ChannelCheck.Numbers(9)).Node("Conv", ["x", "w"], ["a"]).Node("Conv", ["x", "w"], ["b"]).Node("Mul", ["a", "b"], ["y"]).Output("y");
            case "two convolutions of equal constants" or "two different convolutions":
                return m.Conv("x", [3, 3, 1, 1], ChannelCheck.Numbers(9), "a").Conv("x", [3, 3, 1, 1], ChannelCheck.Numbers(9, form[4] == 'd' ? 2 : 1), "b").Node("Mul", ["a", "b"], ["y"]).Output("y");
            case "equal chains":
                return m.Node("Relu", ["x"], ["a"]).Node("Relu", ["x"], ["b"]).Node("Exp", ["a"], ["c"]).Node("Exp", ["b"], ["d"]).Node("Mul", ["c", "d"], ["y"]).Output("y").Output("d");
            case "different attributes":
                return m.Node("LeakyRelu", ["x"], ["a"], ("alpha", 0.1f)).Node("LeakyRelu", ["x"], ["b"], ("alpha", 0.2f)).Node("Mul", ["a", "b"], ["y"]).Output("y");
            default:
                throw new ArgumentException(form);
        }
    }

    private static float[] Centre(int size)
    {
        var w = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            w[i * (size + 1)] = 1;
        }

        return w;
    }

    private static float[] Centre(int outputs, int perGroup, int tap)
    {
        var w = new float[outputs * perGroup * 9];
        for (int o = 0; o < outputs; o++)
        {
            w[(((o * perGroup) + (o % perGroup)) * 9) + tap] = 1;
        }

        return w;
    }
}
