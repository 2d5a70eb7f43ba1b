using PruneCompiler.Emit;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Plan;

/// <summary>Each structure inside weights, hidden behind permutations: the planner finds it, says how many multiply-adds run, and the result is that of ONNX Runtime.</summary>
public class StructureTests
{
    public static TheoryData<string, float[]> ConvKinds => new()
    {
        { "row sets of 8", new StructuredWeights(1).RowSets(64, 288, 8, 0.1) },
        { "row sets of 4", new StructuredWeights(2).RowSets(64, 288, 4, 0.1) },
        { "modules", new StructuredWeights(3).Modules(64, 288, 8) },
        { "filter patterns", new StructuredWeights(4).FilterPatterns(64, 32, 9, 3, 4) },
    };

    [Theory]
    [MemberData(nameof(ConvKinds))]
    public void A_convolution_whose_filters_share_taps_runs_in_groups(string kind, float[] weights)
    {
        Assert.NotEmpty(kind);
        LayerRow layer = CheckConv(weights, 64, 32, 13);
        Assert.Equal("shared taps", layer.Strategy);
        Assert.Equal(weights.LongCount(w => w != 0) * 13 * 13, layer.MacsAfter);
    }

    [Fact]
    public void Zeros_that_fill_up_a_group_are_counted()
    {
        float[] weights = new StructuredWeights(5).RowSets(64, 288, 8, 0.15);
        int zeroed = 0;
        for (int i = 0; i < weights.Length; i += 17)
        {
            zeroed += weights[i] != 0 ? 1 : 0;
            weights[i] = 0;
        }

        LayerRow layer = CheckConv(weights, 64, 32, 13);
        Assert.Equal("shared taps", layer.Strategy);
        long kept = weights.LongCount(w => w != 0);
        Assert.InRange(layer.MacsAfter / (13 * 13), kept + 1, kept + zeroed);
    }

    [Fact]
    public void Single_weights_do_not_form_groups()
    {
        Assert.Equal("shifted sums", CheckConv(new StructuredWeights(6).Singles(64, 288, 0.1), 64, 32, 13).Strategy);
    }

    public static TheoryData<string, float[]> MatrixKinds => new()
    {
        { "row sets of 8", new StructuredWeights(11).RowSets(96, 256, 8, 0.1) },
        { "row sets of 16", new StructuredWeights(12).RowSets(96, 256, 16, 0.15) },
        { "row sets of 32", new StructuredWeights(13).RowSets(96, 256, 32, 0.15) },
        { "row sets of 24, two at a time", new StructuredWeights(14).RowSets(100, 256, 24, 0.15) },
        { "blocks of 8 x 4", new StructuredWeights(15).Blocks(96, 256, 8, 4, 0.1) },
        { "modules", new StructuredWeights(16).Modules(96, 256, 6) },
    };

    [Theory]
    [MemberData(nameof(MatrixKinds))]
    public void A_vector_times_rows_that_share_inputs_runs_in_groups(string kind, float[] weights)
    {
        Assert.NotEmpty(kind);
        LayerRow layer = CheckGemm(weights, weights.Length / 256, 256, 1);
        Assert.Equal("sparse vector by shared inputs", layer.Strategy);
        Assert.InRange(layer.MacsAfter, weights.LongCount(w => w != 0), 2 * weights.LongCount(w => w != 0));
    }

    [Theory]
    [MemberData(nameof(MatrixKinds))]
    public void Many_rows_times_rows_that_share_inputs_run_in_groups(string kind, float[] weights)
    {
        Assert.NotEmpty(kind);
        LayerRow layer = CheckGemm(weights, weights.Length / 256, 256, 70);
        Assert.Equal("matrix by shared inputs", layer.Strategy);
        Assert.Equal(weights.LongCount(w => w != 0) * 70, layer.MacsAfter);
    }

    [Fact]
    public void A_vector_times_single_weights_keeps_its_kernel()
    {
        Assert.Equal("sparse vector by windows", CheckGemm(new StructuredWeights(17).Singles(96, 256, 0.15), 96, 256, 1).Strategy);
    }

    private static LayerRow CheckConv(float[] weights, int filters, int channels, int size)
    {
        var model = new OnnxBuilder().Input("x", 1, channels, size, size)
            .Initializer("w", [filters, channels, 3, 3], weights).Initializer("b", [filters], new StructuredWeights(99).Singles(1, filters, 1))
            .Node("Conv", ["x", "w", "b"], ["c"], ("pads", new[] { 1, 1, 1, 1 })).Node("Relu", ["c"], ["y"]).Output("y");
        return Check(model);
    }

    private static LayerRow CheckGemm(float[] weights, int outputs, int inputs, int rows)
    {
        var model = new OnnxBuilder().Input("x", rows, inputs).Input("r", rows, outputs)
            .Initializer("w", [outputs, inputs], weights).Initializer("b", [outputs], new StructuredWeights(98).Singles(1, outputs, 1))
            .Node("Gemm", ["x", "w", "b"], ["g"], ("transB", 1)).Node("Add", ["g", "r"], ["s"]).Node("Relu", ["s"], ["y"]).Output("y");
        return Check(model);
    }

    private static LayerRow Check(OnnxBuilder model)
    {
        Differential.Check(model, seeds: 2);
        using var folder = new TemporaryFolder();
        CompiledModel compiled = ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions());
        LayerRow layer = Assert.Single(compiled.Plan.Layers, l => l.MacsBefore > 0);
        Assert.Contains("x over", layer.Reason, StringComparison.Ordinal);
        return layer;
    }
}
