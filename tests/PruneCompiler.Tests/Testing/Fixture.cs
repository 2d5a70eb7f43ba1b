using System.Runtime.InteropServices;
using System.Text.Json;
using PruneCompiler.IR;

namespace PruneCompiler.Tests.Testing;

/// <summary>A trained and pruned network with sample inputs and the outputs that the framework which trained it gave for them.</summary>
internal sealed class Fixture
{
    private readonly string stem;

    private Fixture(string name) => stem = Path.Combine(AppContext.BaseDirectory, "Fixtures", name);

    /// <summary>The networks that are part of the tests.</summary>
    public static IEnumerable<string> Names => Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Fixtures"), "*.onnx").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal);

    /// <summary>The model file.</summary>
    public string ModelFile => stem + ".onnx";

    /// <summary>Facts about the network: how it was pruned, what is zero.</summary>
    public JsonElement Facts => JsonDocument.Parse(File.ReadAllText(stem + ".json")).RootElement;

    /// <summary>Opens a network by name.</summary>
    public static Fixture Open(string name) => new(name);

    /// <summary>The samples: input and expected output, each with batch 1.</summary>
    public IEnumerable<(Tensor Input, Tensor Output)> Samples()
    {
        JsonElement samples = Facts.GetProperty("samples");
        List<Tensor> inputs = Read(stem + ".inputs.bin", samples.GetProperty("inputs_shape")), outputs = Read(stem + ".outputs.bin", samples.GetProperty("outputs_shape"));
        return inputs.Zip(outputs);
    }

    private static List<Tensor> Read(string file, JsonElement shape)
    {
        int[] dims = shape.EnumerateArray().Select(d => d.GetInt32()).ToArray();
        ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(file));
        int length = values.Length / dims[0];
        var one = new Shape([1, .. dims[1..]]);
        var tensors = new List<Tensor>();
        for (int i = 0; i < dims[0]; i++)
        {
            tensors.Add(Tensor.Of(one, values.Slice(i * length, length)));
        }

        return tensors;
    }
}
