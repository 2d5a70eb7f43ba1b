using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators.Recurrent;

public class RecurrentTests
{
    private const int Steps = 5, Batch = 2, Inputs = 7, Hidden = 19;

    public static TheoryData<string, string> Layers
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string layer in new[] { "RNN", "GRU", "LSTM" })
            {
                foreach (string direction in new[] { "forward", "reverse", "bidirectional" })
                {
                    data.Add(layer, direction);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void Every_direction_with_all_inputs(string layer, string direction) =>
        Differential.Check(Model(layer, direction, lengths: [Steps, 3], full: true), tolerance: 2e-5);

    [Theory]
    [MemberData(nameof(Layers))]
    public void Every_direction_with_required_inputs_only(string layer, string direction) =>
        Differential.Check(Model(layer, direction, lengths: null, full: false), tolerance: 2e-5);

    [Theory]
    [InlineData("forward")]
    [InlineData("bidirectional")]
    public void Gru_with_the_reset_gate_on_the_state_and_on_its_product(string direction)
    {
        Differential.Check(Model("GRU", direction, null, true, ("linear_before_reset", 1)), tolerance: 2e-5);
        Differential.Check(Model("GRU", direction, null, true, ("linear_before_reset", 0)), tolerance: 2e-5);
    }

    [Fact]
    public void Sequence_lengths_may_be_an_input() => Differential.Check(
        Model("GRU", "bidirectional", [1, 4], true, ("linear_before_reset", 1)).With(m =>
        {
            m.Graph.Initializer.Remove(m.Graph.Initializer.Single(i => i.Name == "lengths"));
            m.Input("lengths", ElementType.Int32, Batch);
        }),
        tolerance: 2e-5,
        inputs: new Dictionary<string, Tensor> { ["lengths"] = Tensor.Vector(1, 4) });

    [Fact]
    public void Weights_may_be_computed() => Differential.Check(
        Model("LSTM", "bidirectional", null, true).With(m =>
        {
            m.Graph.Initializer.Remove(m.Graph.Initializer.Single(i => i.Name == "R"));
            m.Input("R", 2, 4 * Hidden, Hidden);
        }),
        tolerance: 5e-5);

    [Theory]
    [InlineData("Relu", "Softsign", "Tanh")]
    [InlineData("HardSigmoid", "ScaledTanh", "Elu")]
    [InlineData("Sigmoid", "Affine", "LeakyRelu")]
    [InlineData("Sigmoid", "Softplus", "ThresholdedRelu")]
    public void Activations_can_be_chosen(string f, string g, string h) => Differential.Check(
        Model("LSTM", "forward", null, true, ("activations", new[] { f, g, h }), ("activation_alpha", new[] { 0.3f, 0.9f, 0.4f }), ("activation_beta", new[] { 0.2f, 0.6f, 0.1f })),
        tolerance: 5e-5,
        oracle: false);

    [Theory]
    [InlineData("GRU", 0.3f)]
    [InlineData("LSTM", 0.3f)]
    public void What_goes_into_activations_can_be_limited(string layer, float clip) =>
        Differential.Check(Model(layer, "forward", null, false, ("clip", clip)), tolerance: 2e-5);

    [Fact]
    public void The_forget_gate_can_follow_the_input_gate() =>
        Differential.Check(Model("LSTM", "forward", null, true, ("input_forget", 1)), tolerance: 2e-5);

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.99)]
    [InlineData(1)]
    public void Sparse_recurrent_weights(double zeros) => Differential.Check(Model("GRU", "bidirectional", null, true, zeros), tolerance: 2e-5);

    [Fact]
    public void Very_sparse_recurrent_weights_are_not_multiplied()
    {
        using var folder = new TemporaryFolder();
        string file = Model("GRU", "forward", null, true, 0.98, hidden: 128).Save(folder.File("m.onnx"));
        var rows = ModelCompiler.Compile(file, new CompileOptions()).Plan.Layers;

        var row = Assert.Single(rows, r => r.Operator == "GRU recurrence");
        Assert.Contains("sparse", row.Strategy);
        Assert.True(row.MacsAfter * 20 < row.MacsBefore);
    }

    [Fact]
    public void Sizes_that_disagree_are_named()
    {
        OnnxBuilder model = Model("GRU", "bidirectional", null, false);
        model.Graph.Node[0].Attribute.Clear();
        Diagnostic error = Assert.Single(model.ImportErrors());

        Assert.Equal("PRUNE0004", error.Id);
        Assert.Contains("W must be 1x57x7, not 2x57x7", error.Message);
    }

    private static OnnxBuilder Model(string layer, string direction, int[]? lengths, bool full, params (string, object)[] attributes) =>
        Model(layer, direction, lengths, full, 0, Hidden, attributes);

    private static OnnxBuilder Model(string layer, string direction, int[]? lengths, bool full, double zeros, int hidden = Hidden, params (string, object)[] attributes)
    {
        int directions = direction == "bidirectional" ? 2 : 1, gates = layer switch { "RNN" => 1, "GRU" => 3, _ => 4 };
        OnnxBuilder model = new OnnxBuilder(14).Input("x", Steps, Batch, Inputs)
            .Initializer("W", Noise(1, zeros, directions, gates * hidden, Inputs))
            .Initializer("R", Noise(2, zeros, directions, gates * hidden, hidden));
        var inputs = new List<string> { "x", "W", "R" };
        if (full)
        {
            model.Initializer("B", Noise(3, 0, directions, 2 * gates * hidden)).Initializer("H", Noise(4, 0, directions, Batch, hidden));
            inputs.AddRange(["B", lengths is null ? "" : "lengths", "H"]);
            if (lengths is not null)
            {
                model.Initializer("lengths", Tensor.Vector<int>(lengths));
            }

            if (layer == "LSTM")
            {
                model.Initializer("C", Noise(5, 0, directions, Batch, hidden)).Initializer("P", Noise(6, 0, directions, 3 * hidden));
                inputs.AddRange(["C", "P"]);
            }
        }

        string[] outputs = layer == "LSTM" ? ["y", "last", "cell"] : ["y", "last"];
        model.Node(layer, [.. inputs], outputs, [("hidden_size", hidden), ("direction", direction), .. attributes]);
        return outputs.Aggregate(model, (m, o) => m.Output(o));
    }

    private static Tensor Noise(int seed, double zeros, params int[] dims)
    {
        var random = new Random(seed);
        var tensor = new Tensor(ElementType.Float32, new Shape(dims));
        foreach (ref float value in tensor.As<float>())
        {
            value = random.NextDouble() < zeros ? 0 : random.NextSingle() - 0.5f;
        }

        return tensor;
    }
}
