using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;
using static PruneCompiler.Tests.Prune.ChannelCheck;

namespace PruneCompiler.Tests.Prune;

/// <summary>Scattered channels that a model's output wants back, or that a reader picks, move in one step.</summary>
public sealed class SliceCopyTests
{
    private static readonly int[] Dead = [0, 3, 4, 6, 9, 11];

    public static TheoryData<string> Cases => ["rows", "image", "volume", "tokens", "doubles"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Dead_channels_come_back_in_one_step(string form)
    {
        OnnxBuilder model = Model(form);
        Differential.Check(model);
        using var folder = new TemporaryFolder();
        ModelPlan plan = ModelCompiler.Compile(model.Save(folder.File("m.onnx")), new CompileOptions()).Plan;
        Assert.Equal(2, plan.Steps.Count(s => s.Body is CallBody { Method: "SliceCopy.Run" })); // what was computed, and the constants
    }

    private static OnnxBuilder Model(string form)
    {
        float[] bias = Numbers(12);
        if (form == "doubles")
        {
            static Tensor Doubles(int[] dims, float[] values) => Tensor.Of<double>(new Shape(dims), Array.ConvertAll(values, v => (double)v));
            OnnxBuilder doubles = new OnnxBuilder(13).Input("x", ElementType.Float64, 2, 5, 4).Initializer("w", Doubles([4, 12], Weights([4, 12], 1, Dead))).Initializer("b", Doubles([12], bias));
            return doubles.Node("MatMul", ["x", "w"], ["m"]).Node("Add", ["m", "b"], ["y"]).Output("y", ElementType.Float64);
        }

        if (form == "tokens")
        {
            return new OnnxBuilder(13).Input("x", 2, 5, 4).MatMul("x", [4, 12], Weights([4, 12], 1, Dead), "m").Initializer("b", [12], bias).Node("Add", ["m", "b"], ["y"]).Output("y");
        }

        int[] kernel = form switch { "rows" => [3], "volume" => [1, 3, 3], _ => [3, 3] };
        int[] image = form switch { "rows" => [17], "volume" => [2, 4, 5], _ => [21, 19] };
        int taps = kernel.Aggregate(1, (a, b) => a * b);
        int[] dims = [12, 3, .. kernel];
        float[] w = Weights(dims, 0, Dead);
        return new OnnxBuilder(13).Input("x", [2, 3, .. image]).Initializer("w", dims, w).Initializer("b", [12], bias).Node("Conv", ["x", "w", "b"], ["y"]).Output("y");
    }
}
