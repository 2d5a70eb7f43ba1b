using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Depthwise layers in 8 bits, with the kernel for three columns and with the one for any taps.</summary>
public class IntegerDepthwiseTests
{
    [Theory]
    [InlineData(20, 3, 3, 1, 1, "integer columns")]
    [InlineData(48, 3, 3, 2, 1, "integer columns")]
    [InlineData(96, 2, 3, 1, 1, "integer columns")]
    [InlineData(33, 1, 3, 2, 1, "integer columns")]
    [InlineData(64, 3, 3, 1, 2, "integer depthwise")]
    [InlineData(40, 5, 5, 1, 1, "integer depthwise")]
    [InlineData(6, 3, 3, 1, 1, "integer depthwise")]
    public void Every_way_of_compiling_gives_the_bytes_of_the_reference(int channels, int height, int width, int stride, int dilation, string strategy)
    {
        foreach (bool signed in new[] { false, true })
        {
            OnnxBuilder model = Network(channels, height, width, stride, dilation, signed);
            using var folder = new TemporaryFolder();
            string file = model.Save(folder.File("net.onnx"));
            Graph reference = OnnxImporter.Load(file, new CompileOptions()).Graph;
            var given = new Dictionary<string, Tensor> { ["x"] = QuantizedNetworkTests.RandomBytes(reference.Inputs[0].TensorType, channels) };
            Tensor[] expected = ReferenceEvaluator.Run(reference, given);
            CompiledModel compiled = ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net" });
            Assert.Equal(strategy, compiled.Plan.Layers.Single().Strategy);
            foreach ((string name, CompileOptions options, int threads) in Differential.Ways)
            {
                using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, options), threads: threads);
                Differential.Compare(name, expected, net.Run([given["x"]]), 0, reference);
            }

            Tensor oracle = OnnxRuntimeOracle.Run(model.ToBytes(), given, optimized: true)[0];
            for (int i = 0; i < oracle.Count; i++)
            {
                Assert.InRange(expected[0].GetInt64(i), oracle.GetInt64(i) - 1, oracle.GetInt64(i) + 1);
            }
        }
    }

    /// <summary>One depthwise layer with padding, a scale for each channel and a bias, whose results reach both bounds.</summary>
    internal static OnnxBuilder Network(int channels, int height, int width, int stride, int dilation, bool signed)
    {
        var random = new Random(channels);
        ElementType type = signed ? ElementType.Int8 : ElementType.UInt8;
        byte[] weights = new byte[channels * height * width];
        random.NextBytes(weights);
        return new OnnxBuilder(17).Input("x", type, 2, channels, 9, 13)
            .Initializer("w", new Tensor(ElementType.Int8, new Shape(channels, 1, height, width), weights)).Initializer("w_zero", Tensor.Scalar((sbyte)0))
            .Initializer("w_scale", Tensor.Vector<float>([.. Enumerable.Range(0, channels).Select(_ => 0.01f + (0.02f * random.NextSingle()))]))
            .Initializer("bias", Tensor.Vector<int>([.. Enumerable.Range(0, channels).Select(_ => random.Next(-5000, 5000))]))
            .Initializer("scale", Tensor.Scalar(0.02f)).Initializer("y_scale", Tensor.Scalar(0.05f)).Initializer("zero", signed ? Tensor.Scalar((sbyte)-7) : Tensor.Scalar((byte)130))
            .Node("QLinearConv", ["x", "scale", "zero", "w", "w_scale", "w_zero", "y_scale", "zero", "bias"], ["y"], ("group", channels), ("strides", new[] { stride, stride }), ("dilations", new[] { dilation, dilation }), ("pads", new[] { height / 2, 1, height / 2, 1 }))
            .Output("y", type);
    }
}
