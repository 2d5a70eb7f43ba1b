using PruneCompiler.Cli.Files;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Prune;

public sealed class RecurrentPruningTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Exactly_the_units_that_matter_are_left(int seed)
    {
        var random = new RandomRecurrent(seed);
        PruneCheck check = PruneCheck.Run(random.Model(), 1e-5);
        int[] expected = new int[random.Directions];
        for (int unit = 0; unit < random.Directions * RandomRecurrent.Hidden; unit++)
        {
            expected[unit / RandomRecurrent.Hidden] += Matters(random, unit) ? 1 : 0;
        }

        int[] left = check.Nodes("Recurrent").SelectMany(n => Enumerable.Repeat(n.Input(1).Shape[2], n.Input(1).Shape[0])).Order().ToArray();
        Assert.Equal(expected.Where(e => e > 0).Order(), left);
        long columns = check.Nodes("Gemm").Sum(n => (long)n.Outputs[0].Shape[1]);
        Assert.True(columns <= random.Gates * expected.Sum(), $"{columns} columns are projected");
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Generated_code_agrees_with_ONNX_Runtime(int seed)
    {
        if (seed % 3 == 0)
        {
            Differential.Check(new RandomRecurrent(seed + 1000).Model(all: seed % 2 == 0), tolerance: 2e-5);
        }
    }

    [Theory]
    [InlineData("GRU", 3)]
    [InlineData("LSTM", 4)]
    public void Half_of_the_units_at_zero_leave_a_quarter_of_the_recurrent_multiply_adds(string layer, int gates)
    {
        const int Hidden = 32, Inputs = 8, Steps = 5;
        OnnxBuilder model = new OnnxBuilder(14).Input("x", Steps, 1, Inputs).Initializer("W", [1, gates * Hidden, Inputs], EverySecondRow(gates * Hidden, Inputs))
            .Initializer("R", [1, gates * Hidden, Hidden], EverySecondRow(gates * Hidden, Hidden)).Node(layer, ["x", "W", "R"], ["y"], ("hidden_size", Hidden)).Output("y");
        Differential.Check(model, 2e-5);
        using var folder = new TemporaryFolder();
        var rows = ModelCompiler.Compile(model.Save(folder.File("m.onnx")), new CompileOptions { DenseOnly = true }).Plan.Layers;
        Assert.Equal(Steps * gates * ((Hidden / 2 * Hidden / 2) + (Hidden / 2 * Inputs)), rows.Sum(r => r.MacsAfter));
        Assert.Equal(Steps * gates * ((Hidden * Hidden) + (Hidden * Inputs)), rows.Sum(r => r.MacsBefore));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public void Gates_without_input_weights_are_written_by_the_product_of_the_others(int steps)
    {
        const int Hidden = 32, Inputs = 40;
        var random = new Random(steps);
        float[] Sparse(int count, double zeros) => [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() < zeros ? 0 : random.NextSingle() - 0.5f)];
        float[] w = Sparse(3 * Hidden * Inputs, 0.9);
        foreach (int row in new[] { 3, 4, 17, 40, 95 })
        {
            Array.Clear(w, row * Inputs, Inputs);
        }

        OnnxBuilder model = new OnnxBuilder(14).Input("x", steps, 1, Inputs).Initializer("W", [1, 3 * Hidden, Inputs], w).Initializer("R", [1, 3 * Hidden, Hidden], Sparse(3 * Hidden * Hidden, 0.5))
            .Initializer("B", [1, 6 * Hidden], Sparse(6 * Hidden, 0)).Node("GRU", ["x", "W", "R", "B"], ["y"], ("hidden_size", Hidden), ("linear_before_reset", 1)).Output("y");
        Differential.Check(model, 2e-5);
        using var folder = new TemporaryFolder();
        CompiledModel compiled = ModelCompiler.Compile(model.Save(folder.File("m.onnx")), new CompileOptions());
        Assert.Equal(steps * w.Count(v => v != 0), compiled.Plan.Layers[0].MacsAfter);
        Assert.Equal(steps == 1 ? 3 : 2, compiled.Plan.Steps.Count); // the product and the steps, and the input of one step in memory with room behind it: no copies between the two
    }

    [Fact]
    public void States_that_are_inputs_keep_their_units()
    {
        OnnxBuilder model = new OnnxBuilder(14).Input("x", 3, 1, 4).Input("h", 1, 1, 8).Initializer("W", [1, 24, 4], EverySecondRow(24, 4)).Initializer("R", [1, 24, 8], EverySecondRow(24, 8))
            .Node("GRU", ["x", "W", "R", "", "", "h"], ["y"], ("hidden_size", 8)).Output("y");
        Assert.Equal(8, PruneCheck.Run(model).Nodes("Recurrent").Single().Input(1).Shape[2]);
    }

    [Fact]
    public void Features_without_weights_leave_the_layer_in_front()
    {
        float[] w = EverySecondRow(12, 6);
        for (int i = 0; i < w.Length; i++)
        {
            w[i] = i % 6 < 2 ? 0 : 1 + i;
        }

        OnnxBuilder model = new OnnxBuilder(14).Input("x", 3, 1, 4).Initializer("p", [4, 6], EverySecondRow(24, 1).Select(v => v + 1).ToArray()).Node("MatMul", ["x", "p"], ["features"])
            .Initializer("W", [1, 12, 6], w.Select(v => v / 100).ToArray()).Initializer("R", [1, 12, 4], EverySecondRow(48, 1)).Node("GRU", ["features", "W", "R"], ["y"], ("hidden_size", 4)).Output("y");
        Assert.Equal(4, PruneCheck.Run(model).Nodes("MatMul").Single().Outputs[0].Shape[2]);
    }

    // A unit matters when its sequence depends on the inputs, and the model's outputs depend on it.
    private static bool Matters(RandomRecurrent random, int unit)
    {
        int d = unit / RandomRecurrent.Hidden, i = unit % RandomRecurrent.Hidden;
        byte[] plain = random.Model(all: true).ToBytes(), disturbed = random.Model(all: true, unit).ToBytes();
        Graph graph = random.Model(all: true).Import().Graph;
        int heads = random.Layer == "LSTM" ? 3 : 2;
        float[][]? first = null;
        bool varies = false, read = false;
        for (int seed = 0; seed < 3; seed++)
        {
            var numbers = new Random(seed);
            var inputs = graph.Inputs.ToDictionary(v => v.Name, v => RandomTensor.Make(v.TensorType, numbers));
            Tensor[] results = OnnxRuntimeOracle.Run(plain, inputs), others = OnnxRuntimeOracle.Run(disturbed, inputs);
            float[][] own = results.Skip(heads).Select(t => Units(t, d, i, random.Directions)).ToArray();
            first ??= own;
            varies |= own.Zip(first).Any(p => !Close(p.First, p.Second));
            read |= results.Zip(others).Take(heads).Any(p => !Close(p.First.As<float>().ToArray(), p.Second.As<float>().ToArray()));
        }

        return varies && read;
    }

    private static float[] Units(Tensor tensor, int d, int i, int directions)
    {
        ReadOnlySpan<float> values = tensor.As<float>();
        var result = new List<float>();
        for (int at = 0; at < values.Length; at++)
        {
            if (at % RandomRecurrent.Hidden == i && at / RandomRecurrent.Hidden / RandomRecurrent.Batch % directions == d)
            {
                result.Add(values[at]);
            }
        }

        return [.. result];
    }

    private static bool Close(float[] a, float[] b) => a.Zip(b).All(p => Math.Abs(p.First - p.Second) < 1e-7f);

    private static float[] EverySecondRow(int rows, int columns)
    {
        var random = new Random(rows);
        return Enumerable.Range(0, rows * columns).Select(at => at / columns % 2 == 1 ? 0 : random.NextSingle() - 0.5f).ToArray();
    }
}
