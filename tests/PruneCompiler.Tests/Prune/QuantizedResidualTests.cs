using PruneCompiler.Cli.InMemory;
using PruneCompiler.Emit;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.EndToEnd;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

/// <summary>Constant channels in front of residual sums of quantised networks.</summary>
public class QuantizedResidualTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_layer_with_constant_channels_writes_them_itself_and_the_sum_stays_one_of_bytes(bool signed)
    {
        const int channels = 20;
        var random = new Random(1);
        ElementType type = signed ? ElementType.Int8 : ElementType.UInt8;
        byte[] weights = [.. Enumerable.Range(0, channels * channels).Select(i => i / channels is 3 or 11 or 19 ? (byte)0 : (byte)random.Next(256))];
        OnnxBuilder model = new OnnxBuilder(17).With(m => m.Model.OpsetImport.Add(new Onnx.OperatorSetIdProto { Domain = "com.microsoft", Version = 1 })).Input("x", type, 1, channels, 7, 9)
            .Initializer("w", new Tensor(ElementType.Int8, new Shape(channels, channels, 1, 1), weights)).Initializer("w_zero", Tensor.Scalar((sbyte)0))
            .Initializer("bias", Tensor.Vector<int>([.. Enumerable.Range(0, channels).Select(_ => random.Next(-9000, 9000))]))
            .Initializer("scale", Tensor.Scalar(0.02f)).Initializer("y_scale", Tensor.Scalar(0.3f)).Initializer("sum_scale", Tensor.Scalar(0.35f)).Initializer("zero", signed ? Tensor.Scalar((sbyte)-7) : Tensor.Scalar((byte)130))
            .Node("QLinearConv", ["x", "scale", "zero", "w", "scale", "w_zero", "y_scale", "zero", "bias"], ["c"])
            .Node("com.microsoft", "QLinearAdd", ["x", "scale", "zero", "c", "y_scale", "zero", "sum_scale", "zero"], ["y"]).Output("y", type);
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        Graph reference = OnnxImporter.Load(file, new CompileOptions()).Graph;
        var given = new Dictionary<string, Tensor> { ["x"] = QuantizedNetworkTests.RandomBytes(reference.Inputs[0].TensorType, 3) };
        Tensor[] expected = ReferenceEvaluator.Run(reference, given);
        foreach ((string name, CompileOptions options, int threads) in Differential.Ways)
        {
            using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, options), threads: threads);
            Differential.Compare(name, expected, net.Run([given["x"]]), 0, reference);
        }

        string[] calls = [.. ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net" }).Plan.Steps.Select(s => s.Body is CallBody call ? call.Method : s.Body.ToString()!)];
        Assert.Contains("ByteFunctions.Add", calls);
        Assert.All(calls, c => Assert.DoesNotContain("float", c, StringComparison.Ordinal));
    }
}
