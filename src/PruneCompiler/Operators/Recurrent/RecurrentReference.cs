using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Recurrent layers step by step in double precision, as the ONNX operators define them.</summary>
internal sealed class RecurrentReference(Node node, Tensor?[] inputs)
{
    private readonly RecurrentKind kind = RecurrentLayer.Kind(node);
    private readonly Shape shape = node.Outputs[0].Shape;
    private readonly float clip = node.Attributes.Float("clip", float.PositiveInfinity);

    private int Hidden => shape[3];

    private int Batch => shape[2];

    private int Directions => shape[1];

    /// <summary>Y, Y_h and, for an LSTM, Y_c.</summary>
    public Tensor[] Run()
    {
        Tensor[] results = node.Outputs.Select(o => new Tensor(ElementType.Float32, o.Shape)).ToArray();
        for (int d = 0; d < Directions; d++)
        {
            for (int b = 0; b < Batch; b++)
            {
                Sequence(d, b, results);
            }
        }

        return results;
    }

    private void Sequence(int d, int b, Tensor[] results)
    {
        double[] h = Start(5, d, b), c = Start(6, d, b);
        int length = inputs[4] is { } lengths ? Math.Clamp(lengths.As<int>()[b], 0, shape[0]) : shape[0];
        for (int s = 0; s < length; s++)
        {
            int t = RecurrentLayer.IsReverse(node, d) ? length - 1 - s : s;
            (h, c) = Step(d, (t * Batch) + b, h, c);
            Store(h, results[0], (((t * Directions) + d) * Batch) + b);
        }

        Store(h, results[1], (d * Batch) + b);
        if (kind == RecurrentKind.Lstm)
        {
            Store(c, results[2], (d * Batch) + b);
        }
    }

    private (double[] H, double[] C) Step(int d, int row, double[] h, double[] c)
    {
        var activations = RecurrentLayer.Activations(node, d, Directions);
        double F(double x) => RecurrentActivations.Apply(activations[0], Math.Clamp(x, -clip, clip));
        double G(double x) => RecurrentActivations.Apply(activations[1], Math.Clamp(x, -clip, clip));
        double[] Gate(int gate, double[] state, bool input = true) => Each(i => (input ? Input(d, row, gate, i) : 0) + Recurrent(d, gate, i, state));
        double P(int which, int i) => inputs[7] is { } p ? p.As<float>()[(((d * 3) + which) * Hidden) + i] : 0;
        switch (kind)
        {
            case RecurrentKind.Rnn:
                double[] gate = Gate(0, h);
                return (Each(i => F(gate[i])), c);
            case RecurrentKind.Lstm:
                double[] gi = Gate(0, h), go = Gate(1, h), gf = Gate(2, h), gc = Gate(3, h);
                double[] it = Each(i => F(gi[i] + (P(0, i) * c[i])));
                double[] ft = Each(i => node.Attributes.Int("input_forget") != 0 ? 1 - it[i] : F(gf[i] + (P(2, i) * c[i])));
                double[] cell = Each(i => (ft[i] * c[i]) + (it[i] * G(gc[i])));
                return (Each(i => F(go[i] + (P(1, i) * cell[i])) * RecurrentActivations.Apply(activations[2], cell[i])), cell);
            default:
                double[] gz = Gate(0, h), gr = Gate(1, h);
                double[] z = Each(i => F(gz[i])), r = Each(i => F(gr[i]));
                double[] n;
                if (kind == RecurrentKind.GruLinear)
                {
                    double[] product = Gate(2, h, input: false);
                    n = Each(i => G(Input(d, row, 2, i) + (r[i] * (product[i] + (inputs[2] is { } bias ? bias.As<float>()[(d * Hidden) + i] : 0)))));
                }
                else
                {
                    double[] reset = Gate(2, Each(i => r[i] * h[i]));
                    n = Each(i => G(reset[i]));
                }

                return (Each(i => ((1 - z[i]) * n[i]) + (z[i] * h[i])), c);
        }
    }

    private double Input(int d, int row, int gate, int i)
    {
        int gates = RecurrentLayer.Gates(kind);
        return inputs[0]!.As<float>()[(((((row * Directions) + d) * gates) + gate) * Hidden) + i];
    }

    private double Recurrent(int d, int gate, int i, double[] state)
    {
        ReadOnlySpan<float> r = inputs[1]!.As<float>().Slice(((((d * RecurrentLayer.Gates(kind)) + gate) * Hidden) + i) * Hidden, Hidden);
        double sum = 0;
        for (int k = 0; k < Hidden; k++)
        {
            sum += r[k] * state[k];
        }

        return sum;
    }

    private double[] Start(int input, int d, int b) => Each(i => inputs[input] is { } start ? start.As<float>()[(((d * Batch) + b) * Hidden) + i] : 0);

    private double[] Each(Func<int, double> value)
    {
        var result = new double[Hidden];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = value(i);
        }

        return result;
    }

    private void Store(double[] state, Tensor tensor, int row)
    {
        for (int i = 0; i < Hidden; i++)
        {
            tensor.As<float>()[(row * Hidden) + i] = (float)state[i];
        }
    }
}
