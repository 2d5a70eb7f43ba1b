using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Runtime;

namespace PruneCompiler.Analyze;

/// <summary>
/// What is known of the states of a recurrent layer: the steps are run on what is known of its inputs, each number known or not. A product with a known zero is
/// zero whatever the other factor is, so that a unit whose candidate is zero keeps a state of zero behind gates that nobody knows.
/// </summary>
/// <remarks>
/// Where the lengths of the sequences are an input, only states count that never leave their initial value: those that one step at any place keeps.
/// </remarks>
internal sealed class RecurrentStates
{
    private const long MaximumWork = 400_000_000;

    private readonly Node node;
    private readonly FactTable facts;
    private readonly RecurrentKind kind;
    private readonly RecurrentWeights weights;
    private readonly int steps, batch, hidden;
    private readonly float clip;
    private readonly (RecurrentFunction, float, float)[][] activations;
    private readonly KnownElements projection;
    private readonly KnownElements?[] start;
    private readonly float[]? hiddenBias, peepholes;
    private readonly int[]? lengths;
    private readonly bool lengthsGiven;

    private RecurrentStates(Node node, FactTable facts)
    {
        (this.node, this.facts) = (node, facts);
        kind = RecurrentLayer.Kind(node);
        weights = RecurrentWeights.Of(node, facts);
        Shape y = node.Outputs[0].Shape;
        (steps, batch, hidden) = (y[0], y[2], y[3]);
        Directions = y[1];
        clip = node.Attributes.Float("clip", float.PositiveInfinity);
        activations = Enumerable.Range(0, Directions).Select(d => RecurrentLayer.Activations(node, d, Directions)).ToArray();
        projection = new KnownElements(facts[node.Input(0)]);
        start = [Start(5), Start(6)];
        hiddenBias = node.ConstantInput(2)?.As<float>().ToArray();
        peepholes = node.ConstantInput(7)?.As<float>().ToArray();
        lengths = node.ConstantInput(4)?.As<int>().ToArray();
        lengthsGiven = node.InputOrNull(4) is null or { Constant: not null };
        Before = new double?[steps, Directions, batch, hidden];
        BeforeReset = new double?[steps, Directions, batch, hidden];
        Output = new double?[steps, Directions, batch, hidden];
        Last = new double?[2][,,];
        Last[0] = new double?[Directions, batch, hidden];
        Last[1] = new double?[Directions, batch, hidden];
    }

    /// <summary>1, or 2 for a layer that runs both ways.</summary>
    public int Directions { get; }

    /// <summary>The states in front of each step, [steps, directions, batch, hidden] by place in the sequence; zero behind its end.</summary>
    public double?[,,,] Before { get; }

    /// <summary>The same for what the candidate of a GRU multiplies with its recurrent weights: states times reset gates. Equal to <see cref="Before"/> for other layers.</summary>
    public double?[,,,] BeforeReset { get; }

    /// <summary>Y.</summary>
    public double?[,,,] Output { get; }

    /// <summary>Y_h and Y_c.</summary>
    public double?[][,,] Last { get; }

    /// <summary>Runs the layer; null when it is outside of what is understood, or too much work.</summary>
    public static RecurrentStates? Of(Node node, FactTable facts)
    {
        bool constants = new[] { 1, 2, 7 }.All(i => node.InputOrNull(i) is null or { Constant: not null });
        if (!constants || node.Outputs[0].Shape.Count == 0)
        {
            return null;
        }

        var states = new RecurrentStates(node, facts);
        if (!Probe.IsSmall(node.Outputs[0].Shape.Count) || states.weights.Count * states.steps * states.batch > MaximumWork)
        {
            return null;
        }

        states.Run();
        return states;
    }

    private void Run()
    {
        for (int d = 0; d < Directions; d++)
        {
            for (int b = 0; b < batch; b++)
            {
                if (lengthsGiven)
                {
                    Sequence(d, b);
                }
                else
                {
                    Unchanging(d, b);
                }
            }
        }
    }

    private void Sequence(int d, int b)
    {
        var state = new States(Initial(0, d, b), Initial(1, d, b));
        int length = lengths is null ? steps : Math.Clamp(lengths[b], 0, steps);
        for (int s = 0; s < steps; s++)
        {
            int t = s < length && RecurrentLayer.IsReverse(node, d) ? length - 1 - s : s;
            if (s >= length)
            {
                Store(Output, t, d, b, _ => 0);
                Store(Before, t, d, b, _ => 0);
                Store(BeforeReset, t, d, b, _ => 0);
                continue;
            }

            Store(Before, t, d, b, i => state.H[i]);
            state = Step(d, t, b, state);
            Store(Output, t, d, b, i => state.H[i]);
        }

        Finish(d, b, state);
    }

    /// <summary>States that a step at any place maps to themselves, whatever the others do.</summary>
    private void Unchanging(int d, int b)
    {
        var initial = new States(Initial(0, d, b), Initial(1, d, b));
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int t = 0; t < steps && !changed; t++)
            {
                States next = Step(d, t, b, initial);
                for (int i = 0; i < hidden; i++)
                {
                    if ((initial.H[i] is not null || initial.C[i] is not null) && (next.H[i] != initial.H[i] || (kind == RecurrentKind.Lstm && next.C[i] != initial.C[i])))
                    {
                        initial.H[i] = initial.C[i] = null;
                        changed = true;
                    }
                }
            }
        }

        for (int t = 0; t < steps; t++)
        {
            Store(Before, t, d, b, i => initial.H[i]);
            Step(d, t, b, initial);
            Store(Output, t, d, b, i => initial.H[i] == 0 ? 0 : null); // zero behind the end of the sequence, wherever that is
        }

        Finish(d, b, initial);
    }

    private void Finish(int d, int b, States state)
    {
        for (int i = 0; i < hidden; i++)
        {
            Last[0][d, b, i] = state.H[i];
            Last[1][d, b, i] = state.C[i];
        }
    }

    private States Step(int d, int t, int b, States state)
    {
        double?[] h = new double?[hidden], c = new double?[hidden];
        double?[] reset = state.H;
        if (kind == RecurrentKind.Gru)
        {
            reset = Each(i => Product(state.H[i], state.H[i] == 0 ? 0 : Activate(d, 0, Gate(d, t, b, 1, i, state.H))));
        }

        Store(BeforeReset, t, d, b, i => reset[i]);
        for (int i = 0; i < hidden; i++)
        {
            switch (kind)
            {
                case RecurrentKind.Rnn:
                    h[i] = Activate(d, 0, Gate(d, t, b, 0, i, state.H));
                    break;
                case RecurrentKind.Lstm:
                    (h[i], c[i]) = Cell(d, t, b, i, state);
                    break;
                default:
                    h[i] = Blend(d, t, b, i, state.H, reset);
                    break;
            }
        }

        return new States(h, c);
    }

    private (double? H, double? C) Cell(int d, int t, int b, int i, States state)
    {
        double? old = state.C[i];
        double? input = Activate(d, 0, Gate(d, t, b, 0, i, state.H) + Peephole(d, 0, i, old));
        double? candidate = Activate(d, 1, Gate(d, t, b, 3, i, state.H));
        double? forget = node.Attributes.Int("input_forget") != 0 ? 1 - input : Activate(d, 0, Gate(d, t, b, 2, i, state.H) + Peephole(d, 2, i, old));
        double? cell = Product(forget, old) + Product(input, candidate);
        double? output = Activate(d, 0, Gate(d, t, b, 1, i, state.H) + Peephole(d, 1, i, cell));
        double? shown = cell is { } value ? RecurrentActivations.Apply(activations[d][2], value) : null;
        return (Product(output, shown), cell);
    }

    private double? Blend(int d, int t, int b, int i, double?[] old, double?[] reset)
    {
        double? candidate;
        if (kind == RecurrentKind.GruLinear)
        {
            double? sum = Recurrent(d, 2, i, old) + (hiddenBias is null ? 0 : hiddenBias[(d * hidden) + i]);
            double? gate = sum == 0 ? 0 : Activate(d, 0, Gate(d, t, b, 1, i, old));
            candidate = Activate(d, 1, Input(d, t, b, 2, i) + Product(gate, sum));
        }
        else
        {
            candidate = Activate(d, 1, Gate(d, t, b, 2, i, reset));
        }

        if (candidate is not null && candidate == old[i])
        {
            return candidate; // a mean of two equal numbers
        }

        double? z = Activate(d, 0, Gate(d, t, b, 0, i, old));
        return Product(1 - z, candidate) + Product(z, old[i]);
    }

    private double? Gate(int d, int t, int b, int gate, int i, double?[] state) => Input(d, t, b, gate, i) is { } input ? input + Recurrent(d, gate, i, state) : null;

    private double? Input(int d, int t, int b, int gate, int i) => projection.At((t * batch) + b, (((d * weights.Gates) + gate) * hidden) + i);

    private double? Recurrent(int d, int gate, int i, double?[] state)
    {
        double sum = 0;
        foreach (int k in weights.UnitsOf(d, gate, i))
        {
            if (state[k] is not { } value)
            {
                return null;
            }

            sum += weights[d, gate, i, k] * value;
        }

        return sum;
    }

    private double? Peephole(int d, int which, int i, double? cell) =>
        peepholes is null || peepholes[(((d * 3) + which) * hidden) + i] is var p && p == 0 ? 0 : p * cell;

    private double? Activate(int d, int which, double? x) => x is { } value ? RecurrentActivations.Apply(activations[d][which], Math.Clamp(value, -clip, clip)) : null;

    private static double? Product(double? a, double? b) => a == 0 || b == 0 ? 0 : a * b;

    private KnownElements? Start(int input) => node.InputOrNull(input) is { } value ? new KnownElements(facts[value]) : null;

    private double?[] Initial(int which, int d, int b) => Each(i => start[which] is { } given ? given.At(d, b, i) : 0);

    private double?[] Each(Func<int, double?> value)
    {
        var result = new double?[hidden];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = value(i);
        }

        return result;
    }

    private void Store(double?[,,,] to, int t, int d, int b, Func<int, double?> value)
    {
        for (int i = 0; i < hidden; i++)
        {
            to[t, d, b, i] = value(i);
        }
    }

    private sealed record States(double?[] H, double?[] C);
}
