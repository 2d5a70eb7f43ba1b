using System.Diagnostics;
using Google.Protobuf;
using PruneCompiler.Cli.Files;
using PruneCompiler.Import;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>The same networks with parts of the processor switched off. The JIT reads these settings at start, so prunec runs as a process of its own.</summary>
public class InstructionSetTests
{
    public static TheoryData<string, string> Settings => new()
    {
        { "everything that the processor has", "" },
        { "no VNNI", "DOTNET_EnableAVXVNNI=0" },
        { "no AVX-512", "DOTNET_EnableAVX512F=0 DOTNET_EnableAVX512=0 DOTNET_EnableAVXVNNI=0" },
        { "no AVX2", "DOTNET_EnableAVX512F=0 DOTNET_EnableAVX512=0 DOTNET_EnableAVX2=0 DOTNET_EnableFMA=0" },
        { "no AVX", "DOTNET_EnableAVX=0" },
        { "no intrinsics at all", "DOTNET_EnableHWIntrinsic=0" },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void Networks_agree_with_ONNX_Runtime(string what, string settings)
    {
        using var folder = new TemporaryFolder();
        int cases = 0;
        foreach (string name in Fixture.Names)
        {
            WriteCase(folder, name, File.ReadAllBytes(Fixture.Open(name).ModelFile));
            cases++;
        }

        for (int seed = 0; seed < 12; seed++)
        {
            WriteCase(folder, $"random_{seed}", RandomNetwork.Make(seed).ToBytes());
            cases++;
        }

        foreach (int size in new[] { 14, 33 })
        {
            WriteCase(folder, $"depthwise_{size}", Tests.Operators.DepthwiseTests.Network(size).ToBytes());
            cases++;
        }

        for (int seed = 0; seed < 8; seed++)
        {
            WriteCase(folder, $"quantised_{seed}", QuantizedNetwork.Convolutional(seed, operators: seed % 2 == 1).ToBytes(), byReference: true);
            cases++;
        }

        foreach (bool signed in new[] { true, false })
        {
            WriteCase(folder, $"sparse_{signed}", SparseIntegerTests.Convolution(3, 2, 1, 1, 48, 32, 17, 30, signed, !signed).Model.ToBytes(), byReference: true);
            cases++;
        }

        foreach ((int channels, int stride) in new[] { (20, 1), (64, 2), (48, 1) })
        {
            WriteCase(folder, $"depthwise_bytes_{channels}", IntegerDepthwiseTests.Network(channels, 3, 3, stride, 1, channels == 48).ToBytes(), byReference: true);
            cases++;
        }

        foreach (string kind in new[] { "bytes", "sums", "floats" })
        {
            WriteCase(folder, $"sparse_{kind}", SparseIntegerTests.Matrix(kind, 50, 70, 20).ToBytes(), byReference: true);
            cases++;
        }

        string output = RunPrunec(folder.FullPath, settings);
        Assert.True(output.TrimEnd().EndsWith($"{cases} passed, 0 failed", StringComparison.Ordinal), $"{what}: {output}");
    }

    private static void WriteCase(TemporaryFolder folder, string name, byte[] model, bool byReference = false)
    {
        string data = Directory.CreateDirectory(folder.File(Path.Combine(name, "test_data_set_0"))).FullName;
        string file = folder.File(Path.Combine(name, "model.onnx"));
        File.WriteAllBytes(file, model);
        Graph graph = OnnxImporter.Load(file, new CompileOptions()).Graph;
        var random = new Random(1);
        Dictionary<string, Tensor> inputs = graph.Inputs.ToDictionary(i => i.Name, i => RandomTensor.Make(i.TensorType, random));
        Tensor[] outputs = byReference ? ReferenceEvaluator.Run(graph, inputs) : OnnxRuntimeOracle.Run(model, inputs); // bytes are compared exactly
        for (int i = 0; i < graph.Inputs.Count; i++)
        {
            File.WriteAllBytes(Path.Combine(data, $"input_{i}.pb"), OnnxBuilder.Proto(inputs[graph.Inputs[i].Name]).ToByteArray());
        }

        for (int i = 0; i < outputs.Length; i++)
        {
            File.WriteAllBytes(Path.Combine(data, $"output_{i}.pb"), OnnxBuilder.Proto(outputs[i]).ToByteArray());
        }
    }

    private static string RunPrunec(string folder, string settings)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "prunec.dll"), "test", folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string setting in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = setting.IndexOf('=', StringComparison.Ordinal);
            start.Environment[setting[..equals]] = setting[(equals + 1)..];
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output + errors.Result;
    }
}
