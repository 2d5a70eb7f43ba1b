using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

/// <summary>Gemm and MatMul of random form against ONNX Runtime.</summary>
public class MatrixTests
{
    [Theory]
    [InlineData(1, 100, 37, 0.0)]
    [InlineData(1, 100, 37, 0.9)]
    [InlineData(1, 784, 300, 0.97)]
    [InlineData(5, 33, 50, 0.0)]
    [InlineData(40, 70, 50, 0.95)]
    public void A_layer_with_constant_weights_agrees(int m, int k, int n, double zeros)
    {
        var r = new RandomLayers(m + k);
        var model = new OnnxBuilder().Input("x", m, k).Initializer("w", r.Weights(zeros, n, k)).Initializer("b", r.Weights(0, n))
            .Node("Gemm", ["x", "w", "b"], ["h"], ("transB", 1), ("alpha", 0.5f), ("beta", 2f)).Node("Relu", ["h"], ["y"]);
        Differential.Check(model.Output("y"), seeds: 2);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void A_product_of_computed_matrices_agrees(int transA, int transB)
    {
        var model = new OnnxBuilder().Input("a", transA == 1 ? [6, 4] : [4, 6]).Input("b", transB == 1 ? [9, 6] : [6, 9]).Input("c", 4, 1)
            .Node("Gemm", ["a", "b", "c"], ["y"], ("transA", transA), ("transB", transB), ("alpha", 1.5f));
        Differential.Check(model.Output("y"));
    }

    [Theory]
    [InlineData(new[] { 2, 3, 4, 5 }, new[] { 3, 5, 6 })]
    [InlineData(new[] { 5 }, new[] { 2, 5, 6 })]
    [InlineData(new[] { 2, 4, 5 }, new[] { 5 })]
    [InlineData(new[] { 5 }, new[] { 5 })]
    [InlineData(new[] { 1, 3, 20, 7 }, new[] { 2, 1, 7, 33 })]
    public void Batches_broadcast(int[] a, int[] b) =>
        Differential.Check(new OnnxBuilder().Input("a", a).Input("b", b).Node("MatMul", ["a", "b"], ["y"]).Output("y"));

    [Fact]
    public void A_token_layer_with_bias_residual_and_activation_agrees()
    {
        var r = new RandomLayers(5);
        var model = new OnnxBuilder().Input("x", 2, 11, 24).Initializer("w", r.Weights(0.8, 24, 24)).Initializer("b", r.Weights(0, 24))
            .Node("MatMul", ["x", "w"], ["h"]).Node("Add", ["b", "h"], ["i"]).Node("Add", ["i", "x"], ["j"]).Node("Relu", ["j"], ["y"]);
        Differential.Check(model.Output("y"), seeds: 2);
    }

    [Fact]
    public void Whole_numbers_wrap_around()
    {
        var model = new OnnxBuilder().Input("a", IR.ElementType.Int32, 2, 3).Input("b", IR.ElementType.Int32, 3, 2).Node("MatMul", ["a", "b"], ["y"]);
        Differential.Check(model.Output("y", IR.ElementType.Int32), tolerance: 0);
    }
}
