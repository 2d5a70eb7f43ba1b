using System.Globalization;
using PruneCompiler.Diagnostics;
using PruneCompiler.Emit;
using PruneCompiler.Tests.Networks;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Import;

/// <summary>Damaged models through the whole compiler, to the C# text: a diagnostic or a model, never anything else. PRUNECOMPILER_FUZZ sets the number of damages of each (60).</summary>
public sealed class FuzzTests : IDisposable
{
    // Far beyond what the largest of these models takes: a hang, not a slow machine.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder folder = new();
    private readonly int runs = int.Parse(Environment.GetEnvironmentVariable("PRUNECOMPILER_FUZZ") ?? "60", CultureInfo.InvariantCulture);

    public static TheoryData<string> Networks => ["convolutions", "recurrent", "transformer", "detector", "control flow"];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_flipped_byte_gives_a_diagnostic_or_a_model(string network)
    {
        byte[] valid = Make(network);
        Compile(valid);
        var random = new Random(network.Length);
        int models = 0;
        for (int run = 0; run < runs; run++)
        {
            byte[] bytes = [.. valid];
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            models += Try(bytes) ? 1 : 0;
        }

        Assert.InRange(models, 1, runs - 1); // else the damages say nothing
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_truncated_file_gives_a_diagnostic_or_a_model(string network)
    {
        byte[] valid = Make(network);
        var random = new Random(network.Length);
        for (int run = 0; run < runs; run++)
        {
            Try(valid[..random.Next(valid.Length)]);
        }
    }

    private static byte[] Make(string network)
    {
        var net = new NetworkWriter { Zeros = 0.7 };
        string x;
        switch (network)
        {
            case "convolutions":
                x = net.Op("Relu", net.BatchNorm(net.Conv(net.Input("x", "batch", 3, 9, 9), 3, 8, 3, 2), 8));
                x = net.Op("Add", x, net.Op("Relu", net.Conv(x, 8, 8, 3, 1, 8)));
                x = net.Op("Flatten", net.Op("GlobalAveragePool", net.Op("MaxPool", [x], ("kernel_shape", new[] { 2, 2 }), ("auto_pad", "SAME_UPPER"))));
                return net.Output(net.Linear(x, 8, 4)).Model.ToBytes();
            case "recurrent":
                string[] y = net.Ops("GRU", 2, [net.Input("x", 5, 1, 6), net.Weights(1, 12, 6), net.Weights(1, 12, 4)], ("hidden_size", 4));
                return net.Output(y[0]).Output(net.Ops("LSTM", 3, [net.Op("Squeeze", y[0], net.Longs(1)), net.Weights(2, 16, 4), net.Weights(2, 16, 4)], ("hidden_size", 4), ("direction", "bidirectional"))[1]).Model.ToBytes();
            case "transformer":
                x = net.Input("x", 1, "tokens", 8);
                x = net.LayerNorm(net.Op("Add", x, net.Attention(x, x, 8, 2)), 8);
                return net.Output(net.Gelu(net.Linear(x, 8, 16))).Model.ToBytes();
            case "detector":
                x = net.Op("Resize", net.Conv(net.Input("x", 1, 3, 8, 8), 3, 4), "", net.Constant(IR.Tensor.Vector(1f, 1f, 2f, 2f)));
                x = net.Op("Transpose", [net.Op("Reshape", x, net.Longs(1, 4, -1))], ("perm", new[] { 0, 2, 1 }));
                string scores = net.Op("Transpose", [net.Op("Slice", x, net.Longs(0), net.Longs(1), net.Longs(2))], ("perm", new[] { 0, 2, 1 }));
                return net.Output(net.Op("NonMaxSuppression", x, scores, net.Longs(3)), IR.ElementType.Int64).Output(net.Ops("TopK", 2, [scores, net.Longs(5)])[0]).Model.ToBytes();
            default:
                x = net.Input("x", 4);
                string condition = net.Op("Less", net.Op("ReduceSum", [x], ("keepdims", 0)), net.Number(0));
                Onnx.GraphProto Branch(string op) => OnnxBuilder.Subgraph(op, [], [OnnxBuilder.Info("r" + op, IR.ElementType.Float32, 4)], OnnxBuilder.MakeNode("n" + op, "", op, [x], ["r" + op]));
                x = net.Op("If", [condition], ("then_branch", Branch("Neg")), ("else_branch", Branch("Exp")));
                return net.Output(net.Op("Softmax", x)).Model.ToBytes();
        }
    }

    private void Compile(byte[] bytes)
    {
        string file = folder.File("m.onnx");
        File.WriteAllBytes(file, bytes);
        var options = new CompileOptions();
        try
        {
            ModelEmitter.Emit(ModelCompiler.Compile(file, options).Plan);
        }
        catch (CompileException e) when (e.Diagnostics.Any(d => d.Id == "PRUNE0006"))
        {
            ModelEmitter.Emit(ModelCompiler.Compile(file, options with { Dimensions = new Dictionary<string, int> { ["tokens"] = 3 } }).Plan);
        }
    }

    // True for a model; false for a diagnostic; anything else fails the test.
    private bool Try(byte[] bytes)
    {
        Task<bool> work = Task.Run(() =>
        {
            try
            {
                Compile(bytes);
                return true;
            }
            catch (CompileException e)
            {
                Assert.DoesNotContain(e.Diagnostics, d => d.Id == "PRUNE0010");
                return false;
            }
        });
        try
        {
            Assert.True(work.Wait(Hang), "does not come to an end: " + Convert.ToBase64String(bytes));
        }
        catch (AggregateException e)
        {
            Assert.Fail($"{e.InnerException}\n{Convert.ToBase64String(bytes)}");
        }

        return work.Result;
    }
}
