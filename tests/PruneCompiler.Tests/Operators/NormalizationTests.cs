using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

public class NormalizationTests
{
    [Theory]
    [InlineData(-1, new[] { 37 })]
    [InlineData(1, new[] { 5, 37 })]
    [InlineData(-1, new[] { 1 })]
    public void LayerNormalization_agrees(int axis, int[] parameters)
    {
        int count = parameters.Aggregate(1, (a, b) => a * b);
        float[] scale = Enumerable.Range(0, count).Select(i => 0.5f + (0.01f * i)).ToArray(), bias = Enumerable.Range(0, count).Select(i => 0.02f * i).ToArray();
        Differential.Check(
            new OnnxBuilder(17).Input("x", 3, 5, 37).Initializer("scale", parameters, scale).Initializer("bias", parameters, bias)
                .Node("LayerNormalization", ["x", "scale", "bias"], ["y", "mean", "deviation"], ("axis", axis), ("epsilon", 1e-3f)).Output("y").Output("mean").Output("deviation"),
            1e-5,
            oracle: parameters is not [1]);
    }

    [Fact]
    public void Normalisations_of_channels_agree() => Differential.Check(
        new OnnxBuilder(21).Input("x", 2, 6, 5, 7).Input("s", 6).Input("b", 6)
            .Node("InstanceNormalization", ["x", "s", "b"], ["instance"]).Node("GroupNormalization", ["x", "s", "b"], ["group"], ("num_groups", 3))
            .Node("LRN", ["x"], ["lrn"], ("size", 3), ("alpha", 0.5f), ("beta", 0.6f), ("bias", 2f))
            .Node("LpNormalization", ["x"], ["lp1"], ("p", 1), ("axis", 1)).Node("LpNormalization", ["x"], ["lp2"], ("axis", -1)).Node("MeanVarianceNormalization", ["x"], ["mvn"])
            .Output("instance").Output("group").Output("lrn").Output("lp1").Output("lp2").Output("mvn"),
        1e-5);

    [Fact]
    public void Normalisation_of_a_sum_agrees_with_the_contrib_operator()
    {
        OnnxBuilder model = new OnnxBuilder(17).Input("x", 2, 5, 24).Input("skip", 2, 5, 24).Input("g", 24).Input("b", 24)
            .Node("com.microsoft", "SkipLayerNormalization", ["x", "skip", "g", "b"], ["y"], ("epsilon", 1e-5f)).Output("y")
            .Node("com.microsoft", "SkipSimplifiedLayerNormalization", ["x", "skip", "g"], ["z"], ("epsilon", 1e-5f)).Output("z");
        model.Model.OpsetImport.Add(new Onnx.OperatorSetIdProto { Domain = "com.microsoft", Version = 1 });
        Differential.Check(model, 1e-5);
    }

    [Fact]
    public void Half_precision_normalisation_agrees() => Differential.Check(
        new OnnxBuilder(17).Input("x", ElementType.Float16, 3, 40).Input("s", ElementType.Float16, 40).Node("LayerNormalization", ["x", "s"], ["y"]).Output("y", ElementType.Float16), 2e-3);
}
