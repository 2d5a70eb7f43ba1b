using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Products of two quantised activations: squeeze-and-excitation, x times a function of x, plain ones.</summary>
public class IntegerMulTests
{
    [Theory]
    [InlineData(true, 20)]
    [InlineData(false, 6)]
    [InlineData(false, 33)]
    public void Channels_weighed_by_functions_of_their_means(bool signed, int channels)
    {
        OnnxBuilder model = Input(signed, 2, channels, 5, 7).Node("DequantizeLinear", ["x", "scale", "zero"], ["r"]);
        Quantised(model.Node("GlobalAveragePool", ["r"], ["m0"]), "m", "scale");
        Quantised(model.Node("HardSigmoid", ["m_again"], ["s0"]), "s", "share");
        model.Node("Mul", ["r", "s_again"], ["y0"]).Node("QuantizeLinear", ["y0", "scale", "zero"], ["y"]).Output("y", Type(signed));
        Assert.Single(Check(model).Nodes, n => n.Operator is IntegerMul);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_value_times_its_function_is_a_table(bool signed)
    {
        OnnxBuilder model = Input(signed, 1, 12, 9, 4).Node("DequantizeLinear", ["x", "scale", "zero"], ["r"]);
        Quantised(model.Node("HardSigmoid", ["r"], ["s0"]), "s", "share");
        model.Node("Mul", ["r", "s_again"], ["y0"]).Node("QuantizeLinear", ["y0", "scale", "zero"], ["y"]).Output("y", Type(signed));
        Graph graph = Check(model);
        Assert.Single(graph.Nodes, n => n.Operator is ByteTable);
        Assert.DoesNotContain(graph.Nodes, n => n.Operator is IntegerMul or Mul);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Products_of_two_values_of_one_shape(bool signed, bool activated)
    {
        OnnxBuilder model = Input(signed, 3, 50).Input("z", Type(signed), 3, 50);
        model.Node("DequantizeLinear", ["x", "scale", "zero"], ["r"]).Node("DequantizeLinear", ["z", "share", "zero"], ["t"]).Node("Mul", ["r", "t"], [activated ? "p" : "y0"]);
        model = activated ? model.Node("Relu", ["p"], ["y0"]) : model;
        Assert.Single(Check(model.Node("QuantizeLinear", ["y0", "scale", "zero"], ["y"]).Output("y", Type(signed))).Nodes, n => n.Operator is IntegerMul);
    }

    private static OnnxBuilder Input(bool signed, params object[] dims) => new OnnxBuilder(17).Input("x", Type(signed), dims)
        .Initializer("scale", Tensor.Scalar(0.03f)).Initializer("share", Tensor.Scalar(1 / 256f)).Initializer("zero", signed ? Tensor.Scalar((sbyte)-7) : Tensor.Scalar((byte)130));

    private static ElementType Type(bool signed) => signed ? ElementType.Int8 : ElementType.UInt8;

    private static void Quantised(OnnxBuilder model, string stem, string scale) =>
        model.Node("QuantizeLinear", [$"{stem}0", scale, "zero"], [stem]).Node("DequantizeLinear", [stem, scale, "zero"], [$"{stem}_again"]);

    // The reference to the byte in all ways of compiling, ONNX Runtime within a step; the optimised graph.
    private static Graph Check(OnnxBuilder model)
    {
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        Graph reference = OnnxImporter.Load(file, new CompileOptions()).Graph;
        Dictionary<string, Tensor> given = reference.Inputs.ToDictionary(i => i.Name, i => QuantizedNetworkTests.RandomBytes(i.TensorType, 5 + i.Name[0]));
        Tensor[] expected = ReferenceEvaluator.Run(reference, given);
        foreach ((string name, CompileOptions options, int threads) in Differential.Ways)
        {
            using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, options), threads: threads);
            Differential.Compare(name, expected, net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList()), 0, reference);
        }

        Tensor oracle = OnnxRuntimeOracle.Run(model.ToBytes(), given, optimized: true)[0];
        for (int i = 0; i < oracle.Count; i++)
        {
            Assert.InRange(expected[0].GetInt64(i), oracle.GetInt64(i) - 1, oracle.GetInt64(i) + 1);
        }

        Optimizer.Run(reference);
        return reference;
    }
}
