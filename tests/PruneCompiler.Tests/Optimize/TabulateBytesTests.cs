using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.EndToEnd;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Optimize;

public class TabulateBytesTests
{
    [Theory]
    [InlineData("Sigmoid", false)]
    [InlineData("Sigmoid", true)]
    [InlineData("LeakyRelu", false)]
    [InlineData("HardSwish", true)]
    [InlineData("Tanh", true)]
    public void A_function_between_bytes_becomes_a_table_with_the_same_results(string function, bool signed)
    {
        OnnxBuilder model = Model(function, signed, layer: false);
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));

        Graph graph = OnnxImporter.Load(file, new CompileOptions()).Graph;
        Optimizer.Run(graph);

        Assert.Equal(["ByteTable"], graph.Nodes.Select(n => n.Operator.Name));
        Check(model, file);
    }

    [Theory]
    [InlineData("Sigmoid", false)]
    [InlineData("Tanh", true)]
    public void A_function_between_layers_is_a_table_beside_their_channels(string function, bool signed)
    {
        OnnxBuilder model = Model(function, signed, layer: true);
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));

        Graph graph = OnnxImporter.Load(file, new CompileOptions()).Graph;
        Optimizer.Run(graph);

        Assert.Single(graph.Nodes, n => n.Operator is ByteTable);
        Assert.Single(graph.Nodes, n => n.Operator is IntegerProduct);
        Check(model, file);
    }

    private static void Check(OnnxBuilder model, string file)
    {
        Graph reference = OnnxImporter.Load(file, new CompileOptions()).Graph;
        Dictionary<string, Tensor> given = reference.Inputs.ToDictionary(i => i.Name, i => QuantizedNetworkTests.RandomBytes(i.TensorType, 3));
        Tensor[] expected = ReferenceEvaluator.Run(reference, given);
        foreach ((string name, CompileOptions options, int threads) in Differential.Ways)
        {
            using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, options), threads: threads);
            Differential.Compare(name, expected, net.Run([given["x"]]), options.Optimize ? 0 : 0.02, reference);
        }

        Tensor oracle = OnnxRuntimeOracle.Run(model.ToBytes(), given)[0];
        for (int i = 0; i < oracle.Count; i++)
        {
            Assert.InRange(expected[0].GetInt64(i), oracle.GetInt64(i) - 1, oracle.GetInt64(i) + 1);
        }
    }

    // x -> [QLinearConv] -> dequantise, function, quantise -> y
    private static OnnxBuilder Model(string function, bool signed, bool layer)
    {
        OnnxBuilder model = new OnnxBuilder().Input("x", signed ? ElementType.Int8 : ElementType.UInt8, 1, 5, 6, 7)
            .Initializer("s", Tensor.Scalar(0.05f)).Initializer("t", Tensor.Scalar(0.01f))
            .Initializer("z", signed ? Tensor.Scalar((sbyte)-3) : Tensor.Scalar((byte)120));
        string bytes = "x";
        if (layer)
        {
            var weights = new Tensor(ElementType.Int8, new Shape(5, 5, 1, 1));
            new Random(1).NextBytes(weights.Bytes);
            model.Initializer("w", weights).Initializer("ws", Tensor.Scalar(0.02f)).Initializer("wz", Tensor.Scalar((sbyte)0));
            model.Node("QLinearConv", ["x", "s", "z", "w", "ws", "wz", "s", "z"], ["c"]);
            bytes = "c";
        }

        return model.Node("DequantizeLinear", [bytes, "s", "z"], ["d"]).Node(function, ["d"], ["f"]).Node("QuantizeLinear", ["f", "t", "z"], ["y"]).Output("y", signed ? ElementType.Int8 : ElementType.UInt8);
    }
}
