using Onnx;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

public class FileFormTests
{
    [Theory]
    [InlineData(3, 7)]
    [InlineData(4, 9)]
    [InlineData(6, 11)]
    [InlineData(7, 13)]
    [InlineData(8, 16)]
    [InlineData(9, 19)]
    [InlineData(10, 21)]
    [InlineData(11, 23)]
    [InlineData(12, 23)]
    [InlineData(13, 23)]
    public void Any_version_of_the_file_format(int version, int opset)
    {
        OnnxBuilder model = Small(opset);
        model.Model.IrVersion = version;
        if (version < 4)
        {
            ListInitializers(model); // they had to be
        }

        Differential.Check(model, ways: Differential.Extremes);
    }

    [Fact]
    public void Initializers_listed_as_inputs_are_constants()
    {
        OnnxBuilder model = Small(13);
        ListInitializers(model);
        Differential.Check(model, ways: Differential.Extremes);
    }

    [Fact]
    public void Values_and_nodes_with_odd_names()
    {
        var model = new OnnxBuilder(13).Input("input:0", 1, 4).Initializer("1", [4, 3], Enumerable.Range(0, 12).Select(i => i / 7f).ToArray())
            .Node("MatMul", ["input:0", "1"], ["/a/b.c:1"]).Node("Relu", ["/a/b.c:1"], ["class"]).Node("Neg", ["class"], ["日本"]).Node("Abs", ["日本"], ["Run"])
            .Output("class").Output("日本").Output("Run").Output("/a/b.c:1");
        model.Graph.Node[0].Name = "ns::Dense/MatMul;1\n*/ \"x\"";
        model.Graph.Node[1].Name = "";
        Differential.Check(model, ways: Differential.Extremes);
    }

    [Fact]
    public void An_output_may_be_an_input_a_constant_or_another_output() => Differential.Check(
        new OnnxBuilder(13).Input("x", 2, 3).Initializer("c", [2], 4, 5).Node("Relu", ["x"], ["r"]).Node("Identity", ["r"], ["again"]).Output("x").Output("c").Output("r").Output("again"));

    [Fact]
    public void Reshapes_by_zero_and_by_minus_one_follow_the_sizes_that_are_given()
    {
        var net = new NetworkWriter { Zeros = 0.3 };
        string x = net.Input("x", "batch", "tokens", 12);
        string y = net.Op("Reshape", x, net.Longs(0, -1, 3, 4)), z = net.Op("Reshape", y, net.Longs(0, 0, -1));
        using var folder = new TemporaryFolder();
        string file = net.Output(net.Linear(z, 12, 5)).Model.Save(folder.File("net.onnx"));
        Differential.Check(file, options: new CompileOptions { Dimensions = new Dictionary<string, int> { ["batch"] = 2, ["tokens"] = 7 } });
    }

    private static OnnxBuilder Small(int opset)
    {
        var net = new NetworkWriter(opset) { Zeros = 0.5 };
        string y = net.Op("Relu", net.BatchNorm(net.Conv(net.Input("x", 1, 3, 10, 10), 3, 6), 6));
        string pooled = net.Op("Reshape", net.Op("GlobalAveragePool", y), net.Longs(1, 6));
        return net.Output(net.Op("Softmax", [net.Op("Gemm", [pooled, net.Weights(4, 6), net.Weights(0.1, 4)], ("transB", 1))], ("axis", 1))).Model;
    }

    private static void ListInitializers(OnnxBuilder model)
    {
        foreach (TensorProto initializer in model.Graph.Initializer)
        {
            model.Graph.Input.Add(OnnxBuilder.Info(initializer.Name, (ElementType)initializer.DataType, initializer.Dims.Select(d => (object?)d).ToArray()));
        }
    }
}
