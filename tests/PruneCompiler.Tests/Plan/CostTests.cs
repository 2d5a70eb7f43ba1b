using PruneCompiler.Calibrate;
using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Plan;

/// <summary>Costs per kind of processor: files, calibration, and what they do to plans.</summary>
public class CostTests
{
    public static TheoryData<string> Names => [.. CostTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_cost_file_keeps_every_constant(string name)
    {
        CostTarget target = CostFile.Find(name);
        Assert.Equal(target, CostFile.Parse(CostFile.Write(target), "x.costs"));
    }

    [Theory]
    [InlineData("sparse-tap 1\n", "sparse-tap 0\n", "line 7: sparse-tap cannot be 0")]
    [InlineData("lanes 1\n", "lanes 3\n", "line 4: lanes cannot be 3")]
    [InlineData("octo-tap 1\n", "", "lacks octo-tap")]
    [InlineData("octo-tap 1\n", "octo-tap 1\nocto-tap 1\n", "given once")]
    [InlineData("octo-tap 1\n", "octo-tap 1\nwarp-tap 1\n", "is not a known constant")]
    [InlineData("octo-tap 1\n", "octo-tap NaN\n", "cannot be NaN")]
    public void A_cost_file_that_is_wrong_is_refused_with_its_line(string line, string replacement, string message)
    {
        string text = string.Join('\n', CostFile.Write(CostTargets.Scalar).Split('\n').Select(l => l.StartsWith('#') || l.StartsWith("name", StringComparison.Ordinal) || l.Length == 0 ? l : l.Split(' ')[0] + " 1"));
        Assert.Contains(line, text, StringComparison.Ordinal);
        CompileException e = Assert.Throws<CompileException>(() => CostFile.Parse(text.Replace(line, replacement, StringComparison.Ordinal), "x.costs"));
        Assert.Contains(message, Assert.Single(e.Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_that_does_not_exist_is_refused_with_the_names()
    {
        CompileException e = Assert.Throws<CompileException>(() => CostFile.Find("avx1024"));
        Assert.Contains("avx512, avx2, neon, scalar", Assert.Single(e.Diagnostics).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Calibration_measures_every_constant_and_its_file_can_be_read()
    {
        CostTarget target = Calibration.Run(secondsEach: 0.005);
        CostTarget read = CostFile.Parse(CostFile.Write(target), "x.costs");
        Assert.Equal(CostFile.Write(target), CostFile.Write(read));
        Assert.True(target.Lanes is 1 or 4 or 8 or 16);
    }

    [Fact]
    public void Costs_decide_and_equal_costs_give_equal_plans()
    {
        float[] weights = new StructuredWeights(1).RowSets(64, 288, 8, 0.1);
        var model = new OnnxBuilder().Input("x", 1, 32, 13, 13).Initializer("w", [64, 32, 3, 3], weights).Node("Conv", ["x", "w"], ["y"]).Output("y");
        using var folder = new TemporaryFolder();
        string file = model.Save(folder.File("net.onnx"));
        string Strategy(CostTarget target) => Compile(target).Plan.Layers[0].Strategy;
        CompiledModel Compile(CostTarget target) => ModelCompiler.Compile(file, new CompileOptions { Target = target });

        Assert.Equal("shared taps", Strategy(CostTargets.Portable));
        Assert.Equal("sparse rows", Strategy(CostTargets.Portable with { PairTap = 9, QuadTap = 20, OctoTap = 40 }));
        Assert.StartsWith("dense", Strategy(CostTargets.Portable with { SparseTap = 9, PairTap = 20, QuadTap = 40, OctoTap = 80, TileTap = 9 }), StringComparison.Ordinal);
        foreach (CostTarget target in CostTargets.All)
        {
            CompiledModel one = Compile(target), other = Compile(CostFile.Parse(CostFile.Write(target), "x.costs"));
            Assert.Equal(PlanWriter.Write(one.Plan), PlanWriter.Write(other.Plan));
            Assert.Equal(one.Weights, other.Weights);
        }
    }
}
