using PruneCompiler.Emit;
using PruneCompiler.Plan.Cost;
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
        float[] weights = new StructuredWeights(6).Singles(64, 288, 0.1);
        LayerRow layer = CheckConv(weights, 64, 32, 13);
        Assert.Contains(layer.Strategy, OwnTapsKernels);
        Assert.Equal(weights.LongCount(w => w != 0) * 13 * 13, layer.MacsAfter);
    }

    // Whichever the cost model finds cheapest for the shape.
    private static readonly string[] OwnTapsKernels = ["sparse rows", "sparse tiles", "shifted sums"];

    /// <summary>What has no taps in common for groups: each removes work all the same, in lists of taps whose kernel the shape decides.</summary>
    public static TheoryData<string, float[]> OwnTaps => new()
    {
        { "whole kernels", new StructuredWeights(7).Kernels(64, 32, 9, 0.15) },
        { "kernel patterns", new StructuredWeights(8).KernelPatterns(64, 32, 9, 2, 6) },
        { "stripes", new StructuredWeights(9).Stripes(64, 32, 9, 2) },
        { "1:8 along the inputs", new StructuredWeights(10).Ratio(64, 288, 1, 8) },
    };

    [Theory]
    [MemberData(nameof(OwnTaps))]
    public void A_convolution_whose_filters_keep_their_own_taps_multiplies_those_alone(string kind, float[] weights)
    {
        Assert.NotEmpty(kind);
        LayerRow layer = CheckConv(weights, 64, 32, 13);
        Assert.Contains(layer.Strategy, OwnTapsKernels);
        Assert.Equal(weights.LongCount(w => w != 0) * 13 * 13, layer.MacsAfter);
        Assert.True(layer.BytesAfter < layer.BytesBefore / 2);
    }

    [Theory]
    [InlineData(true, "shared taps")]
    [InlineData(false, "sparse")]
    public void Patterns_of_volumes_run_in_groups_where_filters_share_them(bool shared, string strategy)
    {
        // 3 x 3 x 3 positions, three of them kept.
        var random = new StructuredWeights(18);
        float[] weights = shared ? random.FilterPatterns(32, 16, 27, 3, 3) : random.KernelPatterns(32, 16, 27, 3, 8);
        LayerRow layer = Check(new OnnxBuilder().Input("x", 1, 16, 5, 9, 9).Initializer("w", [32, 16, 3, 3, 3], weights).Node("Conv", ["x", "w"], ["y"], ("pads", new[] { 1, 1, 1, 1, 1, 1 })).Output("y"));
        Assert.StartsWith(strategy, layer.Strategy, StringComparison.Ordinal);
        Assert.Equal(weights.LongCount(w => w != 0) * 5 * 9 * 9, layer.MacsAfter);
    }

    [Fact]
    public void A_dense_layer_stays_dense()
    {
        float[] full = new StructuredWeights(19).Singles(64, 288, 1);
        Assert.StartsWith("dense", Compile(ConvOf(full, 64, 32, 13)).Strategy, StringComparison.Ordinal);
        Assert.Equal("dense vector", Compile(GemmOf(full, 64, 288, 1)).Strategy);
        Assert.Equal("dense matrix", Compile(GemmOf(full, 64, 288, 70)).Strategy);
    }

    public static TheoryData<string, float[], int> Codebooks => new()
    {
        { "+-1", new StructuredWeights(21).Codebook(100, 251, 1, -1), 2 },
        { "+-c and zero", new StructuredWeights(22).Codebook(64, 256, 0.25f, -0.25f, 0), 3 },
        { "16 values", new StructuredWeights(23).Codebook(96, 257, [.. Enumerable.Range(-8, 16).Select(i => (i + 0.5f) / 64)]), 16 },
    };

    [Theory]
    [MemberData(nameof(Codebooks))]
    public void A_vector_times_few_values_reads_their_numbers(string kind, float[] weights, int values)
    {
        Assert.NotEmpty(kind);
        int outputs = kind == "+-1" ? 100 : kind == "16 values" ? 96 : 64, inputs = weights.Length / outputs;
        LayerRow layer = CheckGemm(weights, outputs, inputs, 1);
        Assert.Equal("vector by codebook", layer.Strategy);
        Assert.Contains($"{values} different weights", layer.Reason, StringComparison.Ordinal);
        Assert.InRange(layer.BytesAfter, layer.BytesBefore / 8, layer.BytesBefore / 5);
    }

    [Fact]
    public void A_vector_times_seventeen_values_or_mostly_zeros_does_not()
    {
        float[] more = new StructuredWeights(24).Codebook(96, 256, [.. Enumerable.Range(0, 17).Select(i => i - 8.5f)]);
        Assert.Equal("dense vector", Compile(GemmOf(more, 96, 256, 1)).Strategy);
        float[] sparse = Array.ConvertAll(new StructuredWeights(25).Singles(96, 256, 0.05), w => (float)Math.Sign(w));
        Assert.Equal("sparse vector by windows", Compile(GemmOf(sparse, 96, 256, 1)).Strategy);
    }

    public static TheoryData<string, float[]> MatrixKinds => new()
    {
        { "row sets of 8", new StructuredWeights(11).RowSets(96, 256, 8, 0.1) },
        { "row sets of 16", new StructuredWeights(12).RowSets(96, 256, 16, 0.15) },
        { "row sets of 32", new StructuredWeights(13).RowSets(256, 256, 32, 0.1) },
        { "row sets of 24, two at a time", new StructuredWeights(14).RowSets(100, 256, 24, 0.15) },
        { "blocks of 8 x 4", new StructuredWeights(15).Blocks(96, 256, 8, 4, 0.1) },
        { "modules", new StructuredWeights(16).Modules(96, 256, 6) },
    };

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public void A_vector_times_many_rows_that_share_inputs_runs_in_groups(int setSize)
    {
        float[] weights = new StructuredWeights(13).RowSets(2 * setSize, 256, setSize, 0.15);
        LayerRow layer = CheckGemm(weights, 2 * setSize, 256, 1);
        Assert.Equal("sparse vector by shared inputs", layer.Strategy);
        Assert.InRange(layer.MacsAfter, weights.LongCount(w => w != 0), 2 * weights.LongCount(w => w != 0));
    }

    // Of small sets AVX-512's windows are as fast; without them the groups win.
    [Theory]
    [MemberData(nameof(MatrixKinds))]
    public void A_vector_times_rows_that_share_inputs_runs_in_groups_where_inputs_are_fetched_one_by_one(string kind, float[] weights)
    {
        Assert.NotEmpty(kind);
        OnnxBuilder model = GemmOf(weights, weights.Length / 256, 256, 1);
        Assert.Equal("sparse vector by shared inputs", Compile(model, CostTargets.Neon).Strategy);
        Assert.StartsWith("sparse vector by", CheckGemm(weights, weights.Length / 256, 256, 1).Strategy, StringComparison.Ordinal);
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

    private static LayerRow CheckConv(float[] weights, int filters, int channels, int size) => Check(ConvOf(weights, filters, channels, size));

    private static LayerRow CheckGemm(float[] weights, int outputs, int inputs, int rows) => Check(GemmOf(weights, outputs, inputs, rows));

    private static OnnxBuilder ConvOf(float[] weights, int filters, int channels, int size) => new OnnxBuilder().Input("x", 1, channels, size, size)
        .Initializer("w", [filters, channels, 3, 3], weights).Initializer("b", [filters], new StructuredWeights(99).Singles(1, filters, 1))
        .Node("Conv", ["x", "w", "b"], ["c"], ("pads", new[] { 1, 1, 1, 1 })).Node("Relu", ["c"], ["y"]).Output("y");

    private static OnnxBuilder GemmOf(float[] weights, int outputs, int inputs, int rows) => new OnnxBuilder().Input("x", rows, inputs).Input("r", rows, outputs)
        .Initializer("w", [outputs, inputs], weights).Initializer("b", [outputs], new StructuredWeights(98).Singles(1, outputs, 1))
        .Node("Gemm", ["x", "w", "b"], ["g"], ("transB", 1)).Node("Add", ["g", "r"], ["s"]).Node("Relu", ["s"], ["y"]).Output("y");

    // The same result as ONNX Runtime's, and the layer with its reason.
    private static LayerRow Check(OnnxBuilder model)
    {
        Differential.Check(model, seeds: 2);
        LayerRow layer = Compile(model);
        Assert.Contains("x over", layer.Reason, StringComparison.Ordinal);
        return layer;
    }

    private static LayerRow Compile(OnnxBuilder model, CostTarget? target = null)
    {
        using var folder = new TemporaryFolder();
        CompiledModel compiled = ModelCompiler.Compile(model.Save(folder.File("net.onnx")), new CompileOptions { Target = target ?? CostTargets.Portable });
        return Assert.Single(compiled.Plan.Layers, l => l.MacsBefore > 0);
    }
}
