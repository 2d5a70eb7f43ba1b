using Microsoft.ML.OnnxRuntime;
using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Networks;

/// <summary>Networks as ONNX Runtime's quantiser writes them, and the same as its optimiser fuses them.</summary>
public class QuantizedFormTests
{
    private const int Width = 32;

    // A few steps of an 8-bit output: where ONNX Runtime's sums, which are floats here, fall on the other side of a tie, all layers behind it see another number.
    private const double Steps = 0.03;

    public static TheoryData<string, ElementType, ElementType, bool> Quantised
    {
        get
        {
            var data = new TheoryData<string, ElementType, ElementType, bool>();
            foreach (string network in new[] { "encoder", "classifier", "decoder" })
            {
                data.Add(network, ElementType.UInt8, ElementType.Int8, true);
                data.Add(network, ElementType.UInt8, ElementType.UInt8, false);
                data.Add(network, ElementType.Int8, ElementType.Int8, false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Quantised))]
    public void Operands_of_every_operator_quantised(string network, ElementType activations, ElementType weights, bool perChannel) =>
        Check(QuantizingWriter.Qdq(Network(network), activations, weights, perChannel), Steps);

    [Theory]
    [InlineData("encoder", ElementType.Int8, ElementType.Int8, false)]
    [InlineData("classifier", ElementType.UInt8, ElementType.Int8, true)]
    [InlineData("decoder", ElementType.UInt8, ElementType.UInt8, false)]
    public void Operands_of_layers_quantised(string network, ElementType activations, ElementType weights, bool perChannel) =>
        Check(QuantizingWriter.Qdq(Network(network), activations, weights, perChannel, "Conv", "MatMul", "Gemm", "Add", "Softmax", "Sigmoid", "AveragePool", "GlobalAveragePool"), Steps);

    [Theory]
    [InlineData("encoder", ElementType.Int8, true)]
    [InlineData("encoder", ElementType.UInt8, false)]
    [InlineData("classifier", ElementType.UInt8, false)]
    [InlineData("decoder", ElementType.Int8, false)]
    public void Activations_quantised_in_each_run(string network, ElementType weights, bool perChannel) =>
        Check(QuantizingWriter.Dynamic(Network(network), weights, perChannel), 1e-4);

    [Theory]
    [InlineData("encoder")]
    [InlineData("classifier")]
    [InlineData("decoder")]
    public void Float_networks_as_the_optimiser_fuses_them(string network) => Check(Network(network), 1e-4);

    // The model, and what ONNX Runtime's optimiser makes of it (at the level that suits every processor), against ONNX Runtime.
    private static void Check(OnnxBuilder model, double tolerance)
    {
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx")), fused = folder.File("fused.onnx");
        Differential.Check(file, tolerance, ways: Differential.Extremes);
        using (var options = new SessionOptions { GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_EXTENDED, OptimizedModelFilePath = fused, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR })
        {
            using var session = new InferenceSession(file, options);
        }

        // The original's outputs are what counts: ONNX Runtime itself gives zeros for some of its own files (QLinearSoftmax that it has written).
        Graph reference = OnnxImporter.Load(fused, new CompileOptions()).Graph;
        var random = new Random(1);
        Dictionary<string, Tensor> given = reference.Inputs.ToDictionary(i => i.Name, i => RandomTensor.Make(i.TensorType, random));
        Tensor[] expected = OnnxRuntimeOracle.Run(model.ToBytes(), given);
        Differential.Compare("the reference evaluator", expected, ReferenceEvaluator.Run(reference, given), tolerance, reference);
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(fused, new CompileOptions { ClassName = "Net" }));
        Differential.Compare("generated code", expected, net.Run(net.Plan.Inputs.Select(p => given[p.Name]).ToList()), tolerance, reference);
    }

    private static OnnxBuilder Network(string name) => name switch
    {
        "encoder" => Encoder(),
        "classifier" => Classifier(),
        _ => Decoder(),
    };

    private static OnnxBuilder Encoder()
    {
        var net = new NetworkWriter { Zeros = 0.5 };
        string x = net.Input("x", 2, 8, Width), mask = net.Input("mask", 2, 1, 1, 8);
        x = net.LayerNorm(net.Op("Add", net.Attention(x, x, Width, 4, mask), x), Width);
        x = net.Op("LayerNormalization", [net.Op("Add", net.Linear(net.Gelu(net.Linear(x, Width, 48)), 48, Width), x), net.Positive(Width), net.Weights(0.1, Width)], ("axis", -1));
        string first = net.Op("Gather", [net.Op("Add", x, net.Linear(net.GeluTanh(net.Linear(x, Width, 24)), 24, Width)), net.Long(0)], ("axis", 1));
        string pooled = net.Op("Tanh", net.Op("Gemm", [first, net.Weights(Width, Width), net.Weights(0.1, Width)], ("transB", 1)));
        return net.Output(x).Output(net.Op("Gemm", [pooled, net.Weights(3, Width), net.Weights(0.1, 3)], ("transB", 1))).Model;
    }

    private static OnnxBuilder Classifier()
    {
        var net = new NetworkWriter { Zeros = 0.5 };
        string x = net.Op("Relu", net.BatchNorm(net.Conv(net.Input("x", 1, 3, 24, 24), 3, 16, 3, 2), 16));
        x = net.Op("Add", x, net.Conv(net.Op("Clip", net.Conv(x, 16, 16, 3, 1, 16), net.Number(0), net.Number(6)), 16, 16, 1));
        x = net.Op("Concat", [net.Op("Sigmoid", net.Conv(x, 16, 8, 1)), net.Op("LeakyRelu", [net.Conv(x, 16, 8)], ("alpha", 0.1f))], ("axis", 1));
        x = net.Op("Mul", x, net.Op("HardSigmoid", net.Op("GlobalAveragePool", x)));
        x = net.Silu(net.Conv(net.Op("MaxPool", [x], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 })), 16, 16));
        x = net.Op("AveragePool", [x], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }));
        return net.Output(net.Op("Softmax", [net.Op("Gemm", [net.Op("Flatten", x), net.Weights(10, 144), net.Weights(0.1, 10)], ("transB", 1))], ("axis", -1))).Model;
    }

    private static OnnxBuilder Decoder()
    {
        var net = new NetworkWriter { Zeros = 0.5 };
        string x = net.Op("Relu", net.Conv(net.Input("x", 1, 3, 16, 16), 3, 8)), deep = net.Op("Relu", net.Conv(x, 8, 16, 3, 2));
        string near = net.Op("Resize", [deep, "", net.Constant(Tensor.Vector(1f, 1f, 2f, 2f))], ("mode", "nearest"));
        string wide = net.Op("ConvTranspose", [deep, net.Weights(16, 8, 2, 2), net.Weights(0.1, 8)], ("strides", new[] { 2, 2 }), ("kernel_shape", new[] { 2, 2 }));
        x = net.Op("Tanh", net.Conv(net.Op("Concat", [x, near, wide], ("axis", 1)), 32, 4));
        string padded = net.Op("Pad", [x, net.Longs(0, 0, 1, 1, 0, 0, 1, 1)], ("mode", "reflect"));
        return net.Output(net.Conv(padded, 4, 3, 3, 1, 1, 0)).Model;
    }
}
