using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Plan;

public class UnrolledTapsTests
{
    [Theory]
    [InlineData(16, 1, 4, 3, 1, 0.6)]
    [InlineData(13, 2, 9, 3, 1, 0.8)]
    [InlineData(7, 3, 14, 1, 1, 0.3)]
    [InlineData(20, 2, 6, 5, 2, 0.7)]
    public void A_tiny_convolution_runs_as_straight_line_code(int size, int inputs, int outputs, int kernel, int stride, double zeros)
    {
        OnnxBuilder model = Tiny(size, inputs, outputs, kernel, stride, zeros);
        using var folder = new TemporaryFolder();
        ModelPlan plan = ModelCompiler.Compile(model.Save(folder.File("tiny.onnx")), new CompileOptions()).Plan;
        Assert.Contains(plan.Steps, s => s.Body is UnrolledBody);
        Assert.Contains("TS.MultiplyAdd(TS.Create(", ModelEmitter.Emit(plan), StringComparison.Ordinal);
        Differential.Check(model, seeds: 2);
    }

    [Fact]
    public void The_plan_text_keeps_every_weight()
    {
        using var folder = new TemporaryFolder();
        ModelPlan plan = ModelCompiler.Compile(Tiny(16, 1, 4, 3, 1, 0.6).Save(folder.File("tiny.onnx")), new CompileOptions()).Plan;
        string text = PlanWriter.Write(plan);
        Assert.Equal(text, PlanWriter.Write(PlanReader.Read(text)));
        Assert.Equal(ModelEmitter.Emit(plan), ModelEmitter.Emit(PlanReader.Read(text)));
    }

    [Fact]
    public void A_layer_of_more_weights_keeps_its_loop()
    {
        using var folder = new TemporaryFolder();
        ModelPlan plan = ModelCompiler.Compile(Tiny(16, 16, 32, 3, 1, 0.5).Save(folder.File("larger.onnx")), new CompileOptions()).Plan;
        Assert.DoesNotContain(plan.Steps, s => s.Body is UnrolledBody);
    }

    private static OnnxBuilder Tiny(int size, int inputs, int outputs, int kernel, int stride, double zeros)
    {
        var random = new Random(size);
        var weights = new Tensor(ElementType.Float32, new Shape(outputs, inputs, kernel, kernel));
        for (int i = 0; i < weights.Count; i++)
        {
            weights.As<float>()[i] = random.NextDouble() < zeros ? 0 : random.NextSingle() - 0.5f;
        }

        float[] bias = [.. Enumerable.Range(0, outputs).Select(_ => random.NextSingle() - 0.5f)];
        int pad = kernel / 2;
        return new OnnxBuilder().Input("x", 1, inputs, size, size).Initializer("w", weights).Initializer("b", [outputs], bias)
            .Node("Conv", ["x", "w", "b"], ["c"], ("kernel_shape", new[] { kernel, kernel }), ("pads", new[] { pad, pad, pad, pad }), ("strides", new[] { stride, stride }))
            .Node("Relu", ["c"], ["y"]).Output("y");
    }
}
