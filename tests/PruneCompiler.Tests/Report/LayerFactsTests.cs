using System.Text.Json;
using PruneCompiler.Emit;
using PruneCompiler.Report;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Report;

/// <summary>What reports say of a model is what is in it.</summary>
public class LayerFactsTests
{
    public static TheoryData<string> Fixtures => [.. Fixture.Names];

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void The_zeros_of_each_layer_are_those_that_the_training_left(string name)
    {
        Fixture fixture = Fixture.Open(name);
        Dictionary<string, LayerFacts> layers = LayerFacts.Of(Compile(fixture)).ToDictionary(l => l.Row.Name);
        int compared = 0;
        foreach (JsonElement w in fixture.Facts.GetProperty("weights").EnumerateArray().Where(w => w.GetProperty("op").GetString() is "Conv" or "Gemm" or "MatMul"))
        {
            OriginalLayer layer = layers[w.GetProperty("node").GetString()!].Original!;
            StructureFacts found = layer.Structure;
            int Number(string key) => w.GetProperty(key).GetInt32();
            Assert.Equal(Number("size"), found.Weights);
            Assert.Equal(Number("nonzero"), found.NonZeros);
            Assert.Equal(Number("subnormals"), found.Denormals);
            Assert.Equal(Number("n_zero_output_filters"), found.ZeroFilters);
            if (layer.Groups == 1)
            {
                Assert.Equal(Number("n_zero_input_channels"), found.ZeroInputs);
            }

            if (w.TryGetProperty("kernels", out JsonElement kernels))
            {
                Assert.Equal(kernels.GetInt32(), found.Kernels);
                Assert.Equal(Number("zero_kernels_cout_cin"), found.ZeroKernels);
                Assert.Equal(Number("zero_stripes_cout_ky_kx"), found.ZeroStripes);
            }

            compared++;
        }

        Assert.True(compared > 0);
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Multiply_adds_and_bytes_before_are_those_of_the_file(string name)
    {
        Fixture fixture = Fixture.Open(name);
        IReadOnlyList<LayerRow> rows = Compile(fixture).Plan.Layers;
        Assert.Equal(fixture.Facts.GetProperty("macs_dense").GetInt64() + fixture.Facts.GetProperty("macs_activation_matmul").GetInt64(), rows.Sum(r => r.MacsBefore));
        Assert.Equal(4 * fixture.Facts.GetProperty("weight_elements").GetInt64(), rows.Sum(r => r.BytesBefore));
        Assert.All(rows, r => Assert.InRange(r.MacsAfter, 0, r.MacsBefore));
    }

    [Fact]
    public void Removing_filters_shows_in_the_layers_on_both_sides()
    {
        Fixture fixture = Fixture.Open("resnet8_cifar_filters");
        Dictionary<string, LayerFacts> layers = LayerFacts.Of(Compile(fixture)).ToDictionary(l => l.Row.Name);
        JsonElement zero = fixture.Facts.GetProperty("pattern").GetProperty("zero_filters");
        int inputs = 64 - zero.GetProperty("b3.conv1").GetArrayLength(), outputs = 64 - zero.GetProperty("b3.conv2").GetArrayLength();
        LayerFacts layer = layers["/b3/conv2/Conv"];
        Assert.Equal(64L * 64 * 9 * 64, layer.Row.MacsBefore);
        Assert.InRange(layer.Row.MacsAfter, 1, (long)inputs * outputs * 9 * 64);
        Assert.InRange(layer.Original!.KeptInputs!.Length, 1, inputs);
        Assert.InRange(layer.Original.KeptOutputs!.Length, 1, outputs);
    }

    [Fact]
    public void A_layer_that_is_gone_keeps_its_row()
    {
        using var folder = new TemporaryFolder();
        string file = new OnnxBuilder().Input("x", 1, 2, 4, 4)
            .Initializer("dead", [2, 2, 1, 1], 0, 0, 0, 0).Initializer("live", [2, 2, 1, 1], 1, 2, 3, 4)
            .Node("Conv", ["x", "dead"], ["a"]).Node("Conv", ["x", "live"], ["b"]).Node("Add", ["a", "b"], ["y"]).Output("y")
            .Save(folder.File("dead.onnx"));
        IReadOnlyList<LayerRow> rows = ModelCompiler.Compile(file, new CompileOptions()).Plan.Layers;
        Assert.Equal(["Conv_0", "Conv_1"], rows.Select(r => r.Name));
        Assert.Equal("removed", rows[0].Strategy);
        Assert.Equal((64, 0, 16, 0), (rows[0].MacsBefore, rows[0].MacsAfter, rows[0].BytesBefore, rows[0].BytesAfter));
        Assert.Equal(64, rows[1].MacsAfter);
    }

    [Fact]
    public void Near_zero_weights_are_hinted_at_and_flushed_on_request()
    {
        using var folder = new TemporaryFolder();
        string file = new OnnxBuilder().Input("x", 1, 2).Initializer("w", [2, 3], 1, 1e-30f, 2, 3, -1e-41f, 4).Initializer("v", [3, 2], 1, 2, 3, 4, 5, 6)
            .Node("MatMul", ["x", "w"], ["h"]).Node("Relu", ["h"], ["r"]).Node("MatMul", ["r", "v"], ["y"]).Output("y")
            .Save(folder.File("near.onnx"));
        CompiledModel exact = ModelCompiler.Compile(file, new CompileOptions());
        Diagnostics.Diagnostic hint = Assert.Single(exact.Diagnostics, d => d.Id == "PRUNE0016");
        Assert.Equal(Diagnostics.Severity.Info, hint.Severity);
        Assert.Contains("2 of 12 weights", hint.Message, StringComparison.Ordinal);
        CompiledModel flushed = ModelCompiler.Compile(file, new CompileOptions { ZeroTolerance = 1e-6f });
        Assert.DoesNotContain(flushed.Diagnostics, d => d.Id == "PRUNE0016");
        Assert.Equal([6, 6], exact.Plan.Layers.Select(l => l.MacsAfter));
        Assert.Equal([4, 4], flushed.Plan.Layers.Select(l => l.MacsAfter)); // the middle unit is gone on both sides
        Assert.Equal([6, 6], flushed.Plan.Layers.Select(l => l.MacsBefore));
    }

    private static CompiledModel Compile(Fixture fixture) => ModelCompiler.Compile(fixture.ModelFile, new CompileOptions());
}
