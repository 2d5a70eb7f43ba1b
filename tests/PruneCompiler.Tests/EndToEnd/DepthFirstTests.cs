using PruneCompiler.Cli.Files;
using PruneCompiler.Cli.InMemory;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>Chains of layers in bands of rows give the bits that they give layer by layer, on any number of threads.</summary>
public class DepthFirstTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 12)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Bands_give_the_bits_of_layer_by_layer(int seed)
    {
        using var folder = new TemporaryFolder();
        string file = Chain(new Random(seed), out TensorType input).Save(folder.File("net.onnx"));
        CompiledModel layers = ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net", DepthFirst = false });
        CompiledModel bands = ModelCompiler.Compile(file, new CompileOptions { ClassName = "Net", ScheduleAll = true });
        Assert.Contains(bands.Plan.Steps, s => s.Body is BandsBody);
        Assert.DoesNotContain(layers.Plan.Steps, s => s.Body is BandsBody);
        Tensor x = RandomTensor.Make(input, new Random(seed));
        using GeneratedModel one = GeneratedModel.Load(layers);
        byte[] expected = one.Run([x])[0].Bytes;
        foreach (int threads in new[] { 1, 2, 4 })
        {
            using GeneratedModel net = GeneratedModel.Load(bands, threads: threads);
            for (int run = 0; run < 3; run++)
            {
                Assert.True(expected.AsSpan().SequenceEqual(net.Run([x])[0].Bytes), $"seed {seed}, {threads} threads, run {run}");
            }
        }
    }

    [Fact]
    public void A_chain_is_banded_where_its_activations_do_not_fit_the_cache()
    {
        Assert.Contains(Bottleneck(96).Steps, s => s.Body is BandsBody { Steps.Count: >= 3 });
        Assert.DoesNotContain(Bottleneck(24).Steps, s => s.Body is BandsBody);
    }

    private static ModelPlan Bottleneck(int size)
    {
        OnnxBuilder model = new OnnxBuilder().Input("x", 1, 32, size, size);
        var random = new Random(1);
        Conv(model, random, "x", "a", 32, 64, 1, 1, 1);
        Conv(model, random, "a", "b", 64, 64, 3, 1, 64);
        Conv(model, random, "b", "c", 64, 32, 1, 1, 1);
        model.Output("c");
        using var folder = new TemporaryFolder();
        return ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions { ClassName = "Net" }).Plan;
    }

    // Wide enough for row panels; strides, residual additions, pools, depthwise and sparse layers, and kernels of several heights by chance.
    private static OnnxBuilder Chain(Random random, out TensorType input)
    {
        bool narrow = random.Next(2) == 0; // rows that fill four vectors; they lie in row panels where the image is no small one
        int channels = random.Next(2, 9), height = narrow ? random.Next(24, 50) : random.Next(9, 50), width = narrow ? random.Next(49, 60) : random.Next(70, 90);
        input = new TensorType(ElementType.Float32, new Shape(1, channels, height, width));
        OnnxBuilder model = new OnnxBuilder().Input("v0", 1, channels, height, width);
        int layers = random.Next(3, 8);
        string last = "v0", skip = "";
        for (int i = 1; i <= layers; i++)
        {
            if (i > 1 && width >= 64 && random.Next(4) == 0)
            {
                model.Node(random.Next(2) == 0 ? "MaxPool" : "AveragePool", [last], [$"p{i}"], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 1, 1 }), ("pads", new[] { 1, 1, 1, 1 }));
                (last, skip) = ($"p{i}", "");
            }

            bool depthwise = channels > 1 && random.Next(3) == 0, strided = i > 1 && width >= 64 && random.Next(6) == 0;
            int outputs = depthwise ? channels : random.Next(2, 20);
            Conv(model, random, last, $"v{i}", channels, outputs, 1 + (2 * random.Next(2)), strided ? 2 : 1, depthwise ? channels : 1);
            (string before, last) = (last, $"v{i}");
            if (skip.Length > 0 && !strided && outputs == channels && random.Next(2) == 0)
            {
                model.Node("Add", [last, skip], [$"s{i}"]);
                last = $"s{i}";
            }

            skip = strided || outputs != channels ? "" : before;
            channels = outputs;
        }

        return model.Output(last);
    }

    private static void Conv(OnnxBuilder model, Random random, string x, string y, int inputs, int outputs, int kernel, int stride, int group)
    {
        double zeros = random.Next(2) == 0 ? 0.3 : 0.85;
        float[] weights = [.. Enumerable.Range(0, outputs * inputs / group * kernel * kernel).Select(_ => random.NextDouble() < zeros ? 0 : random.NextSingle() - 0.5f)];
        for (int o = 0; o < outputs; o++)
        {
            weights[o * (weights.Length / outputs)] = 0.25f; // no dead channels, which would leave layers without work
        }

        int pad = kernel / 2;
        model.Initializer($"w_{y}", [outputs, inputs / group, kernel, kernel], weights)
            .Node("Conv", [x, $"w_{y}"], [$"c_{y}"], ("kernel_shape", new[] { kernel, kernel }), ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }), ("group", group))
            .Node("Relu", [$"c_{y}"], [y]);
    }
}
