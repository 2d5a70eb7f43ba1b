using PruneCompiler.Emit;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Golden;

/// <summary>The plan and the generated file of a network small enough to be read whole.</summary>
public class GoldenTests
{
    [Fact]
    public void The_plan_of_a_tiny_network() => GoldenFile.Verify(PlanWriter.Write(Plan()), "TinyNet.plan");

    [Fact]
    public void The_generated_file_of_a_tiny_network() => GoldenFile.Verify(ModelEmitter.Emit(Plan()), "TinyNet.cs");

    // A stem of four filters, one of them without weights, pooled into a classifier.
    private static ModelPlan Plan()
    {
        float[] stem = new float[36];
        (int At, float Weight)[] kept = [(1, -0.75f), (4, 1.5f), (7, -0.6875f), (12, 0.625f), (13, 0.875f), (16, -0.3125f), (17, 1f), (28, 0.375f), (30, -1.125f), (31, 0.25f), (35, -0.1875f)];
        foreach ((int at, float weight) in kept)
        {
            stem[at] = weight;
        }

        float[] head = [.. Enumerable.Range(0, 32).Select(i => i % 3 == 0 ? 0 : (i - 16) / 8f)];
        OnnxBuilder model = new OnnxBuilder().Input("image", 1, 1, 16, 16)
            .Initializer("w", [4, 1, 3, 3], stem).Initializer("b", [4], 0.125f, -0.5f, 0.25f, 0.0625f).Initializer("hw", [8, 4], head).Initializer("hb", [8], 0.2f, -0.4f, 0.05f, 0.3f, -0.15f, 0.1f, 0.025f, -0.25f)
            .Node("Conv", ["image", "w", "b"], ["c"], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 }))
            .Node("Relu", ["c"], ["r"]).Node("GlobalAveragePool", ["r"], ["g"]).Node("Flatten", ["g"], ["f"])
            .Node("Gemm", ["f", "hw", "hb"], ["logits"], ("transB", 1)).Output("logits");
        using var folder = new TemporaryFolder();
        return ModelCompiler.Compile(model.Save(folder.File("tinynet.onnx")), new CompileOptions { ClassName = "TinyNet", Namespace = "TinyNetSample" }).Plan;
    }
}
