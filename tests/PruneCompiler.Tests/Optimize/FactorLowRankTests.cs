using PruneCompiler.Emit;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Optimize;

/// <summary>Weights of low rank that were stored full become two layers where that is predicted to be faster; the result is that of ONNX Runtime.</summary>
public class FactorLowRankTests
{
    // The default way has the two layers; those without passes or with dense strategies only have the one that is stored.
    private const double Tolerance = 1e-5;

    [Theory]
    [InlineData(3, 1, 6, 14)]
    [InlineData(3, 2, 9, 14)]
    [InlineData(1, 1, 5, 14)]
    [InlineData(1, 2, 4, 33)]
    [InlineData(14, 1, 7, 14)]
    public void A_convolution_becomes_one_to_the_rank_and_one_from_it(int kernel, int stride, int rank, int size)
    {
        float[] weights = new StructuredWeights(rank).LowRank(96, 48 * kernel * kernel, rank);
        int pad = kernel == 3 ? 1 : 0;
        var model = new OnnxBuilder().Input("x", 1, 48, size, size).Initializer("w", [96, 48, kernel, kernel], weights).Initializer("b", [96], new StructuredWeights(2).Singles(1, 96, 1))
            .Node("Conv", ["x", "w", "b"], ["c"], ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride })).Node("Relu", ["c"], ["y"]).Output("y");
        Check(model, rank);
    }

    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(0, 0, 1)]
    [InlineData(1, 0, 20)]
    [InlineData(0, 1, 33)]
    public void A_matrix_product_becomes_two(int transB, int transA, int rows)
    {
        int[] shape = transB == 1 ? [160, 190] : [190, 160];
        var model = new OnnxBuilder().Input("x", transA == 1 ? [190, rows] : [rows, 190]).Initializer("w", shape, new StructuredWeights(3).LowRank(shape[0], shape[1], 7)).Initializer("b", [160], new StructuredWeights(4).Singles(1, 160, 1))
            .Node("Gemm", ["x", "w", "b"], ["c"], ("transB", transB), ("transA", transA), ("alpha", 0.5f), ("beta", 2f)).Node("Relu", ["c"], ["y"]).Output("y");
        Check(model, 7);
    }

    [Fact]
    public void A_product_of_a_sequence_becomes_two()
    {
        var model = new OnnxBuilder().Input("x", 2, 5, 128).Initializer("w", [128, 192], new StructuredWeights(5).LowRank(128, 192, 8)).Initializer("b", [192], new StructuredWeights(6).Singles(1, 192, 1))
            .Node("MatMul", ["x", "w"], ["c"]).Node("Add", ["c", "b"], ["y"]).Output("y");
        Check(model, 8);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_sizes_and_ranks_agree(int seed)
    {
        var random = new Random(seed);
        int inputs = random.Next(150, 400), outputs = random.Next(150, 400), rank = random.Next(1, 30), rows = random.Next(2, 40);
        float[] weights = new StructuredWeights(seed).LowRank(inputs, outputs, rank);
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] *= MathF.ScaleB(1, i / outputs % 5) * (i % outputs % 7 == 3 ? 0 : 1); // rows of very different sizes, columns of zeros
        }

        Check(new OnnxBuilder().Input("x", rows, inputs).Initializer("w", [inputs, outputs], weights).Node("MatMul", ["x", "w"], ["y"]).Output("y"), rank);
    }

    [Fact]
    public void Weights_that_were_multiplied_out_in_float_are_found()
    {
        const int Rows = 300, Columns = 200, Rank = 16;
        float[] a = new StructuredWeights(1).Singles(Rows, Rank, 1), b = new StructuredWeights(2).Singles(Rank, Columns, 1), weights = new float[Rows * Columns];
        for (int i = 0; i < weights.Length; i++)
        {
            for (int k = 0; k < Rank; k++)
            {
                weights[i] += a[(i / Columns * Rank) + k] * b[(k * Columns) + (i % Columns)];
            }
        }

        Assert.Equal(Rank, LowRank.Find(weights, Rows, Columns)?.Rank);
    }

    [Theory]
    [InlineData(64, 200, 12)]
    [InlineData(300, 60, 5)]
    [InlineData(257, 129, 40)]
    public void The_product_of_the_factors_is_the_matrix_to_a_few_ulps_of_each_row(int rows, int columns, int rank)
    {
        float[] weights = new StructuredWeights(rank).LowRank(rows, columns, rank);
        LowRank factors = Assert.IsType<LowRank>(LowRank.Find(weights, rows, columns));
        Assert.Equal(rank, factors.Rank);
        for (int r = 0; r < rows; r++)
        {
            double largest = Enumerable.Range(0, columns).Max(c => Math.Abs((double)weights[(r * columns) + c]));
            for (int c = 0; c < columns; c++)
            {
                double product = Enumerable.Range(0, rank).Sum(k => (double)factors.Left[(r * rank) + k] * factors.Right[(k * columns) + c]);
                Assert.InRange(Math.Abs(product - weights[(r * columns) + c]), 0, 4 * Math.ScaleB(largest, -23));
            }
        }

        LowRank again = Assert.IsType<LowRank>(LowRank.Find([.. weights], rows, columns));
        Assert.Equal(factors.Left, again.Left);
        Assert.Equal(factors.Right, again.Right);
    }

    [Theory]
    [InlineData(1e-4f)]
    [InlineData(3e-6f)]
    public void What_is_of_low_rank_only_nearly_stays_as_it_is(float share)
    {
        float[] weights = new StructuredWeights(7).LowRank(160, 190, 6), noise = new StructuredWeights(8).Singles(160, 190, 1);
        float scale = share * weights.Max() / noise.Max();
        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] += scale * noise[i];
        }

        Assert.Null(LowRank.Find(weights, 160, 190));
        Single(Product(160, 190, weights));
    }

    [Fact]
    public void One_row_outside_the_space_of_the_others_keeps_the_matrix_as_it_is()
    {
        // Too little for the pivots of a sample, not for the check of every row.
        float[] weights = new StructuredWeights(7).LowRank(400, 300, 2);
        Assert.Equal(2, LowRank.Find(weights, 400, 300)?.Rank);
        weights[(123 * 300) + 7] += 3e-6f * weights.AsSpan(123 * 300, 300).ToArray().Max();
        Assert.Null(LowRank.Find(weights, 400, 300));
    }

    [Fact]
    public void Full_rank_and_a_rank_that_saves_nothing_stay_as_they_are()
    {
        Single(Product(160, 190, new StructuredWeights(9).Singles(160, 190, 1)));
        Single(Product(160, 190, new StructuredWeights(9).LowRank(160, 190, 84)));
    }

    [Fact]
    public void A_low_rank_that_the_cost_model_sees_no_gain_in_stays_as_it_is()
    {
        // One vector times 32 outputs is one panel, and so is the first factor.
        float[] weights = new StructuredWeights(9).LowRank(32, 400, 8);
        Assert.Equal(8, LowRank.Find(weights, 32, 400)?.Rank);
        Single(Product(32, 400, weights));
    }

    [Fact]
    public void Pruned_weights_that_sparse_kernels_run_cheaper_stay_as_they_are()
    {
        // Twelve rows of single weights, repeated with other factors: rank 12 at 97 % zeros.
        float[] few = new StructuredWeights(9).Singles(12, 256, 0.03), weights = [.. Enumerable.Range(0, 256 * 256).Select(i => few[(i / 256 % 12 * 256) + (i % 256)] * (1 + (i / 256 / 12)))];
        LayerRow layer = Single(new OnnxBuilder().Input("x", 64, 256).Initializer("w", [256, 256], weights).Node("Gemm", ["x", "w"], ["y"], ("transB", 1)).Output("y"));
        Assert.DoesNotContain("dense", layer.Strategy, StringComparison.Ordinal);
        Single(Product(256, 256, new StructuredWeights(9).Singles(256, 256, 0.1)));
    }

    [Fact]
    public void It_can_be_left_out_by_name()
    {
        OnnxBuilder model = Product(160, 190, new StructuredWeights(3).LowRank(160, 190, 7));
        Assert.Equal(2, Layers(model).Count);
        Single(model, new CompileOptions { Without = ["low rank"] });
        Single(model, new CompileOptions { DenseOnly = true });
        Differential.Check(model, Tolerance, ways: [("left out", new CompileOptions { ClassName = "Net", Without = ["low rank"] }, 1)]);
    }

    private static OnnxBuilder Product(int outputs, int inputs, float[] weights) =>
        new OnnxBuilder().Input("x", 1, inputs).Initializer("w", [outputs, inputs], weights).Node("Gemm", ["x", "w"], ["y"], ("transB", 1)).Output("y");

    private static void Check(OnnxBuilder model, int rank)
    {
        Differential.Check(model, Tolerance, seeds: 2);
        List<LayerRow> layers = Layers(model);
        Assert.Equal(2, layers.Count);
        Assert.Contains($"first factor of rank {rank}", layers[0].Operator, StringComparison.Ordinal);
        Assert.Contains($"second factor of rank {rank}", layers[1].Operator, StringComparison.Ordinal);
        Assert.All(layers, l => Assert.Contains($"weights of rank {rank} stored full: two factors predicted ", l.Reason, StringComparison.Ordinal));
        Assert.Equal(0, layers[0].MacsBefore);
        Assert.True(layers.Sum(l => l.MacsAfter) < 0.7 * layers.Sum(l => l.MacsBefore));
    }

    private static LayerRow Single(OnnxBuilder model, CompileOptions? options = null)
    {
        LayerRow layer = Assert.Single(Layers(model, options));
        Assert.DoesNotContain("factor", layer.Operator + layer.Reason, StringComparison.Ordinal);
        return layer;
    }

    private static List<LayerRow> Layers(OnnxBuilder model, CompileOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        return [.. ModelCompiler.Compile(model.Save(folder.File("net.onnx")), options ?? new CompileOptions()).Plan.Layers];
    }
}
