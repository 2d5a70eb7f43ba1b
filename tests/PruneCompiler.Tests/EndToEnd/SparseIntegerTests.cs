using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Emit;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Single zero weights in 8-bit layers: skipped where that pays, and exact wherever they are skipped.</summary>
public class SparseIntegerTests
{
    private const string Sparse = "integer rows", Dense = "integer blocks";

    [Theory]
    [MemberData(nameof(QuantizedNetworkTests.Networks), MemberType = typeof(QuantizedNetworkTests))]
    public void Sparse_rows_give_the_bytes_of_the_reference_whatever_the_layer(int seed, bool operators)
    {
        OnnxBuilder model = QuantizedNetwork.Convolutional(seed + 100, operators, seed % 3 * 0.35);
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        Graph reference = OnnxImporter.Load(file, new CompileOptions()).Graph;
        Dictionary<string, Tensor> given = reference.Inputs.ToDictionary(i => i.Name, i => QuantizedNetworkTests.RandomBytes(i.TensorType, seed));
        CompiledModel compiled = ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net", Without = [Dense] });
        Assert.True(compiled.Plan.Layers.Any(l => l.Strategy == Sparse) || compiled.Plan.Layers.All(l => l.Strategy is "removed" or "integer depthwise"));
        using GeneratedModel net = GeneratedModel.Load(compiled);
        Tensor[] expected = ReferenceEvaluator.Run(reference, given);
        for (int run = 0; run < 2; run++)
        {
            Differential.Compare($"run {run}", expected, net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList()), 0, reference);
        }
    }

    // Kernel, strides, dilations, pads, channels, filters, height, width.
    [Theory]
    [InlineData(1, 1, 1, 0, 64, 32, 14, 14)]
    [InlineData(3, 1, 1, 1, 32, 20, 15, 20)]
    [InlineData(3, 2, 1, 1, 48, 32, 17, 30)]
    [InlineData(3, 1, 2, 2, 40, 16, 9, 70)]
    [InlineData(5, 3, 1, 2, 32, 32, 12, 40)]
    [InlineData(1, 2, 1, 0, 70, 33, 20, 16)]
    public void Pruned_convolutions_are_sparse_and_count_the_weights_that_are_left(int kernel, int stride, int dilation, int pad, int channels, int filters, int height, int width)
    {
        foreach ((bool signed, bool shifted) in new[] { (true, false), (false, true) })
        {
            (OnnxBuilder model, int kept) = Convolution(kernel, stride, dilation, pad, channels, filters, height, width, signed, shifted);
            Shape shape = Check(model);
            using var folder = new TemporaryFolder();
            LayerRow layer = ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions { ClassName = "Net" }).Plan.Layers.Single();
            Assert.Equal(Sparse, layer.Strategy);
            Assert.Matches("integer rows: 9[0-9.]+ % zeros, predicted [0-9.]+x over integer blocks", layer.Reason);
            Assert.Equal(2L * shape[2] * shape[3] * kept, layer.MacsAfter);
        }
    }

    [Theory]
    [InlineData(50, 64, 48)]
    [InlineData(33, 70, 20)]
    [InlineData(200, 300, 10)]
    public void Pruned_matrices_are_sparse(int rows, int inputs, int outputs)
    {
        foreach (string kind in new[] { "bytes", "sums", "floats" })
        {
            OnnxBuilder model = Matrix(kind, rows, inputs, outputs);
            Check(model);
            using var folder = new TemporaryFolder();
            Assert.Equal(Sparse, ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions { ClassName = "Net" }).Plan.Layers.Single().Strategy);
        }
    }

    /// <summary>A convolution with 92 % zeros and the weights that it keeps; signed activations, or weights whose zero is no zero byte.</summary>
    internal static (OnnxBuilder Model, int Kept) Convolution(int kernel, int stride, int dilation, int pad, int channels, int filters, int height, int width, bool signed, bool shifted)
    {
        var random = new Random(kernel + stride + channels);
        ElementType type = signed ? ElementType.Int8 : ElementType.UInt8;
        int[] dims = [filters, channels, kernel, kernel];
        int zero = shifted ? 121 : 0;
        byte[] weights = [.. Enumerable.Range(0, dims.Aggregate((a, b) => a * b)).Select(_ => (byte)(random.NextDouble() < 0.92 ? zero : random.Next(256)))];
        OnnxBuilder model = Constants(new OnnxBuilder(17).Input("x", type, 2, channels, height, width), type)
            .Initializer("w", new Tensor(shifted ? ElementType.UInt8 : ElementType.Int8, new Shape(dims), weights)).Initializer("w_zero", shifted ? Tensor.Scalar((byte)zero) : Tensor.Scalar((sbyte)0))
            .Node("QLinearConv", ["x", "scale", "zero", "w", "scale", "w_zero", "y_scale", "zero"], ["y"], ("strides", new[] { stride, stride }), ("dilations", new[] { dilation, dilation }), ("pads", new[] { pad, pad, pad, pad }))
            .Output("y", type);
        return (model, weights.Count(w => w != zero));
    }

    /// <summary>A matrix product with 90 % zeros.</summary>
    /// <param name="kind">What comes out: bytes, sums, or floats of activations quantised in the run.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="inputs">Summed axis.</param>
    /// <param name="outputs">Columns.</param>
    internal static OnnxBuilder Matrix(string kind, int rows, int inputs, int outputs)
    {
        var random = new Random(rows);
        byte[] weights = [.. Enumerable.Range(0, inputs * outputs).Select(_ => (byte)(random.NextDouble() < 0.9 ? 0 : random.Next(256)))];
        ElementType type = kind == "floats" ? ElementType.Float32 : ElementType.UInt8;
        OnnxBuilder model = Constants(new OnnxBuilder(17).Input("x", type, rows, inputs), ElementType.UInt8).Initializer("w", new Tensor(ElementType.Int8, new Shape(inputs, outputs), weights)).Initializer("w_zero", Tensor.Scalar((sbyte)0));
        return kind switch
        {
            "bytes" => model.Node("QLinearMatMul", ["x", "scale", "zero", "w", "scale", "w_zero", "y_scale", "zero"], ["y"]).Output("y", ElementType.UInt8),
            "sums" => model.Node("MatMulInteger", ["x", "w", "zero", "w_zero"], ["y"]).Output("y", ElementType.Int32),
            _ => model.Node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]).Node("MatMulInteger", ["q", "w", "z", "w_zero"], ["i"])
                .Node("Cast", ["i"], ["f"], ("to", (int)ElementType.Float32)).Node("Mul", ["f", "s"], ["y"]).Output("y"),
        };
    }

    private static OnnxBuilder Constants(OnnxBuilder model, ElementType type) => model
        .Initializer("scale", Tensor.Scalar(0.02f)).Initializer("y_scale", Tensor.Scalar(0.9f)).Initializer("zero", type == ElementType.Int8 ? Tensor.Scalar((sbyte)-7) : Tensor.Scalar((byte)130));

    // ONNX Runtime within a step (where the result is bytes), the reference exactly, in all ways of compiling.
    private static Shape Check(OnnxBuilder model)
    {
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        Graph reference = OnnxImporter.Load(file, new CompileOptions()).Graph;
        bool isByte = reference.Outputs[0].Type is ElementType.UInt8 or ElementType.Int8;
        var given = new Dictionary<string, Tensor> { ["x"] = isByte || reference.Inputs[0].Type != ElementType.Float32 ? QuantizedNetworkTests.RandomBytes(reference.Inputs[0].TensorType, 3) : RandomTensor.Make(reference.Inputs[0].TensorType, new Random(3)) };
        Tensor[] expected = ReferenceEvaluator.Run(reference, given);
        foreach ((string name, CompileOptions options, int threads) in Differential.Ways)
        {
            using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, options), threads: threads);
            Differential.Compare(name, expected, net.Run([given["x"]]), reference.Outputs[0].Type == ElementType.Float32 ? 1e-6 : 0, reference);
        }

        Tensor oracle = OnnxRuntimeOracle.Run(model.ToBytes(), given, optimized: true)[0];
        for (int i = 0; isByte && i < oracle.Count; i++)
        {
            Assert.InRange(expected[0].GetInt64(i), oracle.GetInt64(i) - 1, oracle.GetInt64(i) + 1);
        }

        return expected[0].Shape;
    }
}
