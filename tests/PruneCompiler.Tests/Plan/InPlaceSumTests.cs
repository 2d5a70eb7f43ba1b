using PruneCompiler.Emit;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Plan;

/// <summary>Residual sums lie where their operand lay, if nothing else wants the operand; constant channels are written by the layer in front of them.</summary>
public class InPlaceSumTests
{
    [Fact]
    public void A_trunk_of_residual_blocks_has_one_place()
    {
        ModelPlan plan = Compile(Trunk(readAgain: false));
        Assert.Single(Trunks(plan).Select(b => b.Offset).Distinct());
        Differential.Check(Trunk(readAgain: false));
    }

    [Fact]
    public void An_operand_that_is_read_later_keeps_its_place()
    {
        ModelPlan plan = Compile(Trunk(readAgain: true));
        Assert.Equal(2, Trunks(plan).Select(b => b.Offset).Distinct().Count());
        Differential.Check(Trunk(readAgain: true));
    }

    [Fact]
    public void A_sparse_convolution_writes_constant_channels_itself()
    {
        OnnxBuilder model = WithConstantChannel(0.9);
        Assert.DoesNotContain(Compile(model).Steps, s => s.About[0].Contains("widened", StringComparison.Ordinal));
        Differential.Check(model);
    }

    [Fact]
    public void A_dense_convolution_does_not_multiply_by_the_zeros_of_a_constant_channel()
    {
        OnnxBuilder model = WithConstantChannel(0);
        Assert.Contains(Compile(model).Steps, s => s.About[0].Contains("widened", StringComparison.Ordinal));
        Differential.Check(model);
    }

    private static List<BufferPlan> Trunks(ModelPlan plan)
    {
        // The largest activations: the first layer's result and both sums. What lies between them has a third of the channels.
        List<BufferPlan> scratch = [.. plan.Buffers.Where(b => b.Kind == BufferKind.Scratch)];
        List<BufferPlan> trunks = [.. scratch.Where(b => b.Length == scratch.Max(l => l.Length))];
        Assert.Equal(3, trunks.Count);
        return trunks;
    }

    // A layer, then two blocks that add to its result.
    private static OnnxBuilder Trunk(bool readAgain)
    {
        var random = new Random(3);
        OnnxBuilder model = new OnnxBuilder().Input("x", 1, 8, 20, 28);
        Conv(model, random, "x", "trunk0", 24, 8, 3, 0.5);
        for (int i = 0; i < 2; i++)
        {
            Conv(model, random, $"trunk{i}", $"a{i}", 8, 24, 1, 0.8);
            Conv(model, random, $"a{i}", $"b{i}", 8, 8, 3, 0.8);
            Conv(model, random, $"b{i}", $"c{i}", 24, 8, 1, 0.8);
            model.Node("Add", [$"c{i}", $"trunk{i}"], [$"s{i}"]).Node("Relu", [$"s{i}"], [$"trunk{i + 1}"]);
        }

        return (readAgain ? model.Node("Add", ["trunk2", "trunk0"], ["sum"]) : model.Node("Sigmoid", ["trunk2"], ["sum"])).Output("sum");
    }

    // Two branches are added; the filter of one channel of the first has no weights.
    private static OnnxBuilder WithConstantChannel(double zeros)
    {
        var random = new Random(4);
        OnnxBuilder model = new OnnxBuilder().Input("x", 1, 16, 20, 28);
        Conv(model, random, "x", "a", 32, 16, 1, zeros, dead: 5);
        Conv(model, random, "x", "b", 32, 16, 3, zeros);
        return model.Node("Add", ["a", "b"], ["s"]).Node("Sigmoid", ["s"], ["y"]).Output("y");
    }

    private static void Conv(OnnxBuilder model, Random random, string x, string y, int outputs, int inputs, int kernel, double zeros, int dead = -1)
    {
        int taps = inputs * kernel * kernel, pad = kernel / 2;
        float[] weights = [.. Enumerable.Range(0, outputs * taps).Select(i => i / taps == dead ? 0 : i % taps == 0 ? 0.25f : random.NextDouble() < zeros ? 0 : random.NextSingle() - 0.5f)];
        float[] bias = [.. Enumerable.Range(0, outputs).Select(_ => random.NextSingle() - 0.4f)];
        model.Initializer($"w_{y}", [outputs, inputs, kernel, kernel], weights).Initializer($"bias_{y}", [outputs], bias)
            .Node("Conv", [x, $"w_{y}", $"bias_{y}"], [y], ("kernel_shape", new[] { kernel, kernel }), ("pads", new[] { pad, pad, pad, pad }));
    }

    private static ModelPlan Compile(OnnxBuilder model)
    {
        using var folder = new TemporaryFolder();
        return ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions { ClassName = "Net" }).Plan;
    }
}
