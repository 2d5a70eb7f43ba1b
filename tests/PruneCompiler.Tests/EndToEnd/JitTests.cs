using System.Diagnostics;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Strategies.UnrolledTaps;
using PruneCompiler.Tests.Networks;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.EndToEnd;

/// <summary>What the JIT and the C# compiler make of generated code. Above some 50 KB of IL a method is compiled without optimisation, several times slower, and nobody is told.</summary>
public class JitTests
{
    [Fact]
    public void Every_generated_method_is_optimised()
    {
        using var folder = new TemporaryFolder();
        (string Name, OnnxBuilder Model)[] models = [("deep", DeepNetwork.Make(160).Model), ("unrolled", Unrolled()), ("wide", Wide()), ("recurrent", Recurrent())];
        foreach ((string name, OnnxBuilder model) in models)
        {
            Directory.CreateDirectory(folder.File(name));
            model.Save(folder.File(Path.Combine(name, "model.onnx")));
        }

        string[] methods = Compiled(folder);
        Assert.Contains(methods, m => m.Contains(" Case:Run", StringComparison.Ordinal));
        Assert.True(methods.Count(m => m.Contains(" Case:", StringComparison.Ordinal)) > 100, $"only {methods.Length} methods were seen");
        Assert.DoesNotContain(methods, m => m.Contains("MinOpts", StringComparison.Ordinal));
    }

    [Fact]
    public void Straight_line_code_is_limited_over_the_whole_model()
    {
        ModelPlan plan = Plan(DeepNetwork.Make(300));
        List<UnrolledBody> unrolled = plan.Steps.Select(s => s.Body).OfType<UnrolledBody>().ToList();
        Assert.InRange(unrolled.Sum(u => u.Channels.Sum(c => c.Taps.Count)), 1, UnrolledTapsStrategy.MostTapsOfModel);
        Assert.True(unrolled.Count < plan.Layers.Count(l => l.Operator.StartsWith("Conv", StringComparison.Ordinal)));
    }

    [Fact]
    public void Text_and_plan_grow_with_the_nodes_and_not_faster()
    {
        // Both have spent their straight-line code, so that the difference is what each further node costs.
        ModelPlan few = Plan(DeepNetwork.Make(300)), many = Plan(DeepNetwork.Make(1200));
        double nodes = many.Steps.Count / (double)few.Steps.Count;
        Assert.InRange(ModelEmitter.Emit(many).Length / (double)ModelEmitter.Emit(few).Length, 1, nodes);
        Assert.InRange(PlanWriter.Write(many).Length / (double)PlanWriter.Write(few).Length, 1, nodes);
    }

    private static ModelPlan Plan(NetworkWriter net)
    {
        using var folder = new TemporaryFolder();
        return ModelCompiler.Compile(net.Model.Save(folder.File("net.onnx")), new CompileOptions()).Plan;
    }

    // As much straight-line code as one model can have.
    private static OnnxBuilder Unrolled()
    {
        var net = new NetworkWriter { Zeros = 0.6 };
        string x = net.Input("x", 1, 9, 20, 20);
        for (int i = 0; i < 6; i++)
        {
            x = net.Op("Relu", net.Conv(x, 9, 18 / (1 + (i % 2)), 3));
            x = i % 2 == 0 ? net.Op("Slice", x, net.Longs(0), net.Longs(9), net.Longs(1)) : x;
        }

        return net.Output(x).Model;
    }

    // One fused expression and one step of very many operands.
    private static OnnxBuilder Wide()
    {
        var net = new NetworkWriter();
        string x = net.Input("x", 1, 300, 7), y = x;
        for (int i = 0; i < 150; i++)
        {
            y = net.Op("Tanh", net.Op("Add", net.Op("Mul", y, net.Number(0.9)), x));
        }

        string[] parts = [.. Enumerable.Range(0, 300).Select(i => net.Op("Slice", y, net.Longs(299 - i), net.Longs(300 - i), net.Longs(1)))];
        return net.Output(net.Op("Concat", [.. parts.Select((p, i) => i % 3 == 0 ? net.Op("Neg", p) : p)], ("axis", 1))).Output(net.Op("Sum", parts)).Model;
    }

    private static OnnxBuilder Recurrent()
    {
        const int Hidden = 24;
        var net = new NetworkWriter(14) { Zeros = 0.9 };
        string[] y = net.Ops("LSTM", 3, [net.Input("x", 12, 1, 10), net.Weights(2, 4 * Hidden, 10), net.Weights(2, 4 * Hidden, Hidden), net.Weights(0.1, 2, 8 * Hidden)], ("hidden_size", Hidden), ("direction", "bidirectional"));
        return net.Output(y[0]).Output(y[2]).Model;
    }

    // The methods of the models' classes and of the kernels that the JIT compiled, as it lists them.
    private static string[] Compiled(TemporaryFolder folder)
    {
        string list = folder.File("methods.txt");
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "prunec.dll"), "test", folder.FullPath]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_JitStdOutFile"] = list;
        start.Environment["DOTNET_JitDisasmSummary"] = "1";
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + errors.Result);
        return [.. File.ReadLines(list).Where(l => l.Contains(" Case:", StringComparison.Ordinal) || l.Contains(" PruneCompiler.", StringComparison.Ordinal))];
    }
}
