using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class RecurrentSweep
{
    [Theory]
    [InlineData("RNN", 1)]
    [InlineData("GRU", 3)]
    [InlineData("LSTM", 4)]
    public void Layers_in_all_forms(string name, int gates)
    {
        const int Steps = 5, Batch = 3, Inputs = 4, Hidden = 6;
        var data = new SweepData(71);
        var cases = new List<SweepCase>();
        int outputs = name == "LSTM" ? 3 : 2;
        foreach (string direction in new[] { "forward", "reverse", "bidirectional" })
        {
            int d = direction == "bidirectional" ? 2 : 1;
            foreach (bool constant in new[] { true, false })
            {
                SweepInput Small(params int[] shape) => new(data.Between(ElementType.Float32, -0.5, 0.5, shape), constant);
                SweepInput[] weights = [Small(d, gates * Hidden, Inputs), Small(d, gates * Hidden, Hidden)];
                SweepInput bias = Small(d, 2 * gates * Hidden);
                SweepInput state = data.Any(d, Batch, Hidden);
                SweepInput lengths = new(Tensor.Vector(5, 2, 3), constant);
                (string, object)[] attributes = [("hidden_size", Hidden), ("direction", direction)];
                cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights], attributes) { Outputs = outputs });
                cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights, bias], attributes) { Outputs = outputs });
                cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights, bias, lengths, state], attributes) { Outputs = outputs });
                cases.Add(new(name, [data.Any(1, Batch, Inputs), .. weights, bias, null, state], attributes) { Outputs = outputs });
                cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights, bias], [.. attributes, ("clip", 0.4f)]) { Outputs = outputs });
                if (name == "LSTM")
                {
                    cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights, bias, lengths, state, data.Any(d, Batch, Hidden), Small(d, 3 * Hidden)], attributes) { Outputs = outputs });
                    cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights, bias, null, state, data.Any(d, Batch, Hidden)], [.. attributes, ("activations", Enumerable.Repeat(new[] { "HardSigmoid", "Relu", "Softsign" }, d).SelectMany(a => a).ToArray())]) { Outputs = outputs });
                }
                else if (name == "GRU")
                {
                    cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights, bias, null, state], [.. attributes, ("linear_before_reset", 1)]) { Outputs = outputs });
                }
                else
                {
                    cases.Add(new(name, [data.Any(Steps, Batch, Inputs), .. weights, bias], [.. attributes, ("activations", Enumerable.Repeat("LeakyRelu", d).ToArray()), ("activation_alpha", Enumerable.Repeat(0.2f, d).ToArray())]) { Outputs = outputs });
                }
            }
        }

        // ONNX Runtime has no kernel for layout 1.
        cases.Add(new(name, [data.Any(Batch, Steps, Inputs), Fixed(data.Any(1, gates * Hidden, Inputs)), Fixed(data.Any(1, gates * Hidden, Hidden))], ("hidden_size", Hidden), ("layout", 1)) { Outputs = outputs, Oracle = false });
        cases.Add(new(name, [data.Any(ElementType.Float16, Steps, Batch, Inputs), Fixed(data.Any(ElementType.Float16, 1, gates * Hidden, Inputs)), Fixed(data.Any(ElementType.Float16, 1, gates * Hidden, Hidden))], ("hidden_size", Hidden)) { Outputs = outputs, Tolerance = 5e-3 });
        cases.Add(new(name, [data.Any(ElementType.Float64, Steps, Batch, Inputs), Fixed(data.Any(ElementType.Float64, 1, gates * Hidden, Inputs)), Fixed(data.Any(ElementType.Float64, 1, gates * Hidden, Hidden))], ("hidden_size", Hidden)) { Outputs = outputs, Tolerance = 1e-5, Oracle = name == "RNN" });
        Sweeping.Check(14, cases);
    }
}
