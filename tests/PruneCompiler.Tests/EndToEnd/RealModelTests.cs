using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.IR;
using PruneCompiler.Report;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Networks made by others agree with ONNX Runtime.</summary>
public class RealModelTests
{
    public static TheoryData<string> Models => SharedFolder.RealModels is { } folder
        ? [.. Directory.GetFiles(folder, "*.onnx").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]
        : ["(none)"];

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Generated_code_agrees_with_ONNX_Runtime(string model)
    {
        SharedFolder.Require(SharedFolder.RealModels, "networks made by others");
        string file = Path.Combine(SharedFolder.RealModels, model);
        IReadOnlyDictionary<string, int> dimensions = model.StartsWith("silero", StringComparison.Ordinal) ? new Dictionary<string, int> { ["sequence"] = 512 } : new Dictionary<string, int>();
        using GeneratedModel net = GeneratedModel.Load(ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net", Dimensions = dimensions }));
        byte[] bytes = File.ReadAllBytes(file);
        for (int seed = 0; seed < 3; seed++)
        {
            var random = new Random(seed);
            Tensor[] inputs = net.Plan.Inputs.Select(p => p.Name == "sr" // a sampling rate, not any number
                ? Tensor.Of<long>(new Shape([.. p.Shape]), [16000])
                : RandomTensor.Make(new TensorType(Enum.Parse<ElementType>(p.Type, ignoreCase: true), new Shape([.. p.Shape])), random)).ToArray();
            Tensor[] expected = OnnxRuntimeOracle.Run(bytes, net.Plan.Inputs.Zip(inputs).ToDictionary(p => p.First.Name, p => p.Second));
            Tensor[] actual = net.Run(inputs);
            for (int i = 0; i < expected.Length; i++)
            {
                TensorDifference difference = TensorDifference.Between(expected[i], actual[i]);
                Assert.True(difference.Mismatch is null && (difference.Relative <= Tolerance(model) || difference.Absolute <= 1e-6), $"{net.Plan.Outputs[i].Name}: off by {difference.Relative:g3} of the largest value. {difference.Mismatch}");
            }
        }
    }

    // ONNX Runtime's Sigmoid is right to 1e-7 absolutely, which is much for an output whose values are all tiny: hence the absolute bound.
    // A quantised network may differ by single steps of its scales where a tie is rounded the other way; a step of a logit is several steps of a softmax in 8 bits.
    private static double Tolerance(string model) =>
        model.Contains("int8", StringComparison.Ordinal) || model.Contains("_q", StringComparison.Ordinal) ? 0.1 : 1e-3;
}
