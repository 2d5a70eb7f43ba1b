using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

public class AttentionTests
{
    [Fact]
    public void Contrib_attention_agrees()
    {
        OnnxBuilder model = Contrib().Input("x", 2, 5, 12).Input("w", 12, 24).Input("b", 24).Node("com.microsoft", "Attention", ["x", "w", "b"], ["y"], ("num_heads", 2)).Output("y")
            .Node("com.microsoft", "Attention", ["x", "w", "b"], ["causal"], ("num_heads", 4), ("unidirectional", 1)).Output("causal");
        Differential.Check(model, 1e-5);
    }

    [Fact]
    public void Contrib_attention_agrees_with_a_mask()
    {
        var mask = Tensor.Of<int>(new Shape(2, 5), [1, 1, 1, 0, 0, 1, 1, 1, 1, 0]);
        OnnxBuilder model = Contrib().Input("x", 2, 5, 12).Input("w", 12, 36).Input("b", 36).Initializer("mask", mask)
            .Node("com.microsoft", "Attention", ["x", "w", "b", "mask"], ["y"], ("num_heads", 3)).Output("y");
        Differential.Check(model, 1e-5);
    }

    [Fact]
    public void Multi_head_attention_agrees() => Differential.Check(
        Contrib().Input("q", 2, 4, 16).Input("k", 2, 6, 16).Input("v", 2, 6, 16).Input("b", 48)
            .Node("com.microsoft", "MultiHeadAttention", ["q", "k", "v", "b"], ["y"], ("num_heads", 4)).Output("y"),
        1e-5);

    [Fact]
    public void Contrib_activations_and_products_agree() => Differential.Check(
        Contrib().Input("x", 3, 20).Input("b", 20).Input("m", 20, 3)
            .Node("com.microsoft", "Gelu", ["x"], ["gelu"]).Node("com.microsoft", "FastGelu", ["x", "b"], ["fast"]).Node("com.microsoft", "BiasGelu", ["x", "b"], ["bias"]).Node("com.microsoft", "QuickGelu", ["x"], ["quick"])
            .Node("com.microsoft", "FusedMatMul", ["x", "m"], ["product"], ("alpha", 0.5f), ("transA", 1), ("transB", 1))
            .Output("gelu").Output("fast").Output("bias").Output("quick").Output("product"),
        1e-5);

    private static OnnxBuilder Contrib()
    {
        var model = new OnnxBuilder(17);
        model.Model.OpsetImport.Add(new Onnx.OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        return model;
    }
}
