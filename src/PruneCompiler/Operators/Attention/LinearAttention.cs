using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>
/// Recurrent attention without softmax (ONNX LinearAttention, opset 27; Yang et al., "Gated Delta Networks", 2024): a state per head that decays, is corrected and written by
/// keys and values, and read by queries. update_rule is linear, gated, delta or gated_delta (default).
/// </summary>
/// <remarks>Inputs: query, key, value as [batch, length, heads * size], past_state, decay, beta. Outputs: the values read, and the last state [batch, heads, key size, value size].</remarks>
public sealed class LinearAttention : Operator
{
    /// <inheritdoc/>
    public override string Name => "LinearAttention";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        var s = Sizes.Of(node);
        return
        [
            new TensorType(node.Input(0).Type, new Shape(s.Batch, s.Length, s.QueryHeads * s.ValueSize)),
            new TensorType(node.InputOrNull(3)?.Type ?? node.Input(0).Type, new Shape(s.Batch, s.KeyHeads, s.KeySize, s.ValueSize)),
        ];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        var s = Sizes.Of(node);
        Tensor[] results = [.. Infer(node).Select(t => new Tensor(t.Type, t.Shape))];
        double Read(int input, int index) => Numbers.ReadFloat(inputs[input]!, index);
        Tensor? past = inputs.ElementAtOrDefault(3), decay = s.Gated ? inputs.ElementAtOrDefault(4) : null, beta = s.Corrects ? inputs.ElementAtOrDefault(5) : null;
        for (int b = 0; b < s.Batch; b++)
        {
            for (int h = 0; h < s.KeyHeads; h++)
            {
                int stateAt = ((b * s.KeyHeads) + h) * s.KeySize * s.ValueSize;
                var state = new double[s.KeySize, s.ValueSize];
                for (int i = 0; i < state.Length && past is not null; i++)
                {
                    state[i / s.ValueSize, i % s.ValueSize] = Read(3, stateAt + i);
                }

                for (int t = 0; t < s.Length; t++)
                {
                    int step = (b * s.Length) + t, key = ((step * s.KeyHeads) + h) * s.KeySize, value = ((step * s.KeyHeads) + h) * s.ValueSize;
                    double strength = beta is null ? 1 : Read(5, (step * s.BetaHeads) + (s.BetaHeads == 1 ? 0 : h));
                    for (int i = 0; i < s.KeySize && decay is not null; i++)
                    {
                        double factor = Math.Exp(Read(4, (((step * s.KeyHeads) + h) * s.DecaySize) + (s.DecaySize == 1 ? 0 : i)));
                        for (int j = 0; j < s.ValueSize; j++)
                        {
                            state[i, j] *= factor;
                        }
                    }

                    for (int j = 0; j < s.ValueSize; j++)
                    {
                        double written = Read(2, value + j);
                        if (s.Corrects)
                        {
                            written = strength * (written - Enumerable.Range(0, s.KeySize).Sum(i => Read(1, key + i) * state[i, j]));
                        }

                        for (int i = 0; i < s.KeySize; i++)
                        {
                            state[i, j] += Read(1, key + i) * written;
                        }

                        int group = s.QueryHeads / s.KeyHeads;
                        for (int g = h * group; g < (h + 1) * group; g++)
                        {
                            double read = Enumerable.Range(0, s.KeySize).Sum(i => Read(0, (((step * s.QueryHeads) + g) * s.KeySize) + i) * state[i, j]);
                            Numbers.WriteFloat(results[0], (((step * s.QueryHeads) + g) * s.ValueSize) + j, read * s.Scale);
                        }
                    }
                }

                for (int i = 0; i < state.Length; i++)
                {
                    Numbers.WriteFloat(results[1], stateAt + i, state[i / s.ValueSize, i % s.ValueSize]);
                }
            }
        }

        return [.. results.Take(node.Outputs.Count)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        var s = Sizes.Of(node);
        Argument Read(string name, int input, bool used = true) => used && node.InputOrNull(input) is { } value
            ? Arg.Pointer(name, lowering.ReadPlainAs(node, value, ElementType.Float32))
            : Arg.Code(name, "null");
        Argument[] inputs = [Read("query", 0), Read("key", 1), Read("value", 2), Read("past", 3), Read("decay", 4, s.Gated), Read("beta", 5, s.Corrects)];
        void Call(Storage y, Storage state) => lowering.Call(
            node,
            $"{node.Name}: linear attention over {s.Length} steps, {s.QueryHeads} heads that share {s.KeyHeads} states of {s.KeySize} x {s.ValueSize}.",
            "LinearAttentionKernel.Run",
            [
                .. inputs,
                Arg.Pointer("y", y),
                Arg.Pointer("state", state),
                Arg.Int("batch", s.Batch),
                Arg.Int("length", s.Length),
                Arg.Int("queryHeads", s.QueryHeads),
                Arg.Int("keyHeads", s.KeyHeads),
                Arg.Int("keySize", s.KeySize),
                Arg.Int("valueSize", s.ValueSize),
                Arg.Int("decaySize", s.DecaySize),
                Arg.Int("betaHeads", s.BetaHeads),
                Arg.Float("scale", (float)s.Scale),
                Arg.Bool("corrects", s.Corrects),
            ]);
        lowering.WritePlainAs(node, node.Outputs[0], ElementType.Float32, y =>
        {
            if (node.Outputs.Count > 1)
            {
                lowering.WritePlainAs(node, node.Outputs[1], ElementType.Float32, state => Call(y, state));
            }
            else
            {
                Call(y, lowering.Scratch(node.Name + " state", new TensorType(ElementType.Float32, new Shape(s.Batch, s.KeyHeads, s.KeySize, s.ValueSize))));
            }
        });
    }

    private readonly record struct Sizes(int Batch, int Length, int QueryHeads, int KeyHeads, int KeySize, int ValueSize, int DecaySize, int BetaHeads, double Scale, bool Gated, bool Corrects)
    {
        public static Sizes Of(Node node)
        {
            Shape q = node.Input(0).Shape, k = node.Input(1).Shape, v = node.Input(2).Shape;
            int queryHeads = (int)node.Attributes.Int("q_num_heads"), keyHeads = (int)node.Attributes.Int("kv_num_heads");
            if (q.Rank != 3 || k.Rank != 3 || v.Rank != 3 || queryHeads < 1 || keyHeads < 1 || queryHeads % keyHeads != 0
                || q[2] % queryHeads != 0 || v[2] % keyHeads != 0 || k[2] != q[2] / queryHeads * keyHeads || q[1] != k[1] || k[1] != v[1])
            {
                throw new OperatorException(node, $"{queryHeads} and {keyHeads} heads do not fit query {q}, key {k} and value {v}");
            }

            string rule = node.Attributes.Text("update_rule", "gated_delta");
            if (rule is not ("linear" or "gated" or "delta" or "gated_delta"))
            {
                throw new OperatorException(node, $"unknown update_rule '{rule}'");
            }

            int keySize = q[2] / queryHeads;
            int decaySize = node.InputOrNull(4) is { } decay ? decay.Shape[2] / keyHeads : 1;
            int betaHeads = node.InputOrNull(5) is { } beta ? beta.Shape[2] : 1;
            double scale = node.Attributes.Float("scale") is var given && given != 0 ? given : 1 / Math.Sqrt(keySize);
            return new Sizes(q[0], q[1], queryHeads, keyHeads, keySize, v[2] / keyHeads, decaySize, betaHeads, scale, rule.StartsWith("gated", StringComparison.Ordinal), rule.EndsWith("delta", StringComparison.Ordinal));
        }
    }
}
