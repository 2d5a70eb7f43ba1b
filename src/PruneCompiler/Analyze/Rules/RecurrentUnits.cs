using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Runtime;

namespace PruneCompiler.Analyze;

/// <summary>Which units of a recurrent layer have to be computed: those that a consumer reads, and those whose states they read, and so on.</summary>
internal sealed class RecurrentUnits
{
    private readonly RecurrentKind kind;
    private readonly RecurrentWeights weights;
    private readonly RecurrentStates? states;
    private readonly Shape shape;
    private readonly bool[,] before, beforeReset, steady;

    /// <summary>Reads the facts as they are now.</summary>
    public RecurrentUnits(Node node, FactTable facts)
    {
        kind = RecurrentLayer.Kind(node);
        weights = RecurrentWeights.Of(node, facts);
        states = facts.States(node);
        shape = node.Outputs[0].Shape;
        before = Always(s => s.Before);
        beforeReset = Always(s => s.BeforeReset);
        steady = Steady();
        Live = Enumerable.Range(0, Directions).Select(d => Reached(d, Wanted(node, facts, d))).ToArray();
    }

    /// <summary>For each direction, the units that have to be computed.</summary>
    public bool[][] Live { get; }

    private int Directions => shape[1];

    private int Hidden => shape[3];

    /// <summary>The units of a direction that have to be computed.</summary>
    public int[] Kept(int direction) => Grid.Range(Hidden).Where(i => Live[direction][i]).ToArray();

    /// <summary>True when what a unit's state adds to a gate is known at every step.</summary>
    public bool Folds(int direction, int gate, int unit) => gate < 2 || kind == RecurrentKind.Lstm ? before[direction, unit]
        : kind == RecurrentKind.GruLinear ? steady[direction, unit] : beforeReset[direction, unit];

    /// <summary>Recurrent weights [directions, gates * units, units] of some directions, each with as many units; what folds is zero.</summary>
    public Tensor Weights(int[] directions, int[][] kept)
    {
        int units = kept[0].Length, gates = weights.Gates;
        var result = new Tensor(ElementType.Float32, new Shape(directions.Length, gates * units, units));
        Span<float> to = result.As<float>();
        int at = 0;
        for (int d = 0; d < directions.Length; d++)
        {
            for (int gate = 0; gate < gates; gate++)
            {
                foreach (int i in kept[d])
                {
                    foreach (int k in kept[d])
                    {
                        to[at++] = Folds(directions[d], gate, k) ? 0 : (float)weights[directions[d], gate, i, k];
                    }
                }
            }
        }

        return result;
    }

    /// <summary>What known states add to the gates in front of each step, [steps * batch, directions * gates * units]; null when nothing.</summary>
    public Tensor? Constants(int[] directions, int[][] kept)
    {
        int units = kept[0].Length, gates = weights.Gates, columns = directions.Length * gates * units;
        var result = new Tensor(ElementType.Float32, new Shape(shape[0] * shape[2], columns));
        for (int row = 0; row < result.Shape[0]; row++)
        {
            int column = row * columns;
            for (int d = 0; d < directions.Length; d++)
            {
                for (int gate = 0; gate < gates; gate++)
                {
                    foreach (int i in kept[d])
                    {
                        bool inside = kind == RecurrentKind.GruLinear && gate == 2; // behind the reset gate, see HiddenBias
                        result.As<float>()[column++] = inside ? 0 : (float)Known(directions[d], gate, i, row / shape[2], row % shape[2]);
                    }
                }
            }
        }

        return result.As<float>().IndexOfAnyExcept(0) < 0 ? null : TensorSlices.Compress(result);
    }

    /// <summary>The bias inside the reset gate of a linear GRU, with what known states add to it; null when it is zero.</summary>
    public Tensor? HiddenBias(Tensor? bias, int[] directions, int[][] kept)
    {
        if (kind != RecurrentKind.GruLinear)
        {
            return null;
        }

        var result = new Tensor(ElementType.Float32, new Shape(directions.Length, kept[0].Length));
        int at = 0;
        for (int d = 0; d < directions.Length; d++)
        {
            foreach (int i in kept[d])
            {
                float own = bias is null ? 0 : bias.As<float>()[(directions[d] * Hidden) + i];
                result.As<float>()[at++] = own + (float)Known(directions[d], 2, i, 0, 0);
            }
        }

        return result.As<float>().IndexOfAnyExcept(0) < 0 ? null : result;
    }

    private double Known(int d, int gate, int i, int t, int b)
    {
        double sum = 0;
        foreach (int k in weights.UnitsOf(d, gate, i))
        {
            if (Folds(d, gate, k))
            {
                double?[,,,] source = gate == 2 && kind != RecurrentKind.Lstm ? states!.BeforeReset : states!.Before;
                sum += weights[d, gate, i, k] * source[t, d, b, k]!.Value;
            }
        }

        return sum;
    }

    private bool[] Wanted(Node node, FactTable facts, int d)
    {
        var wanted = new bool[Hidden];
        foreach (Value output in node.Outputs)
        {
            int rank = output.Shape.Rank;
            Mask needed = facts[output].Needed;
            Mask direction = AxisMap.Take(needed, rank - 3, [needed.Dims[rank - 3] == 1 ? 0 : d]);
            bool[] units = direction.Slices(rank - 1, Hidden, all: false);
            for (int i = 0; i < Hidden; i++)
            {
                wanted[i] |= units[i];
            }
        }

        return wanted;
    }

    private bool[] Reached(int d, bool[] wanted)
    {
        var open = new Stack<int>(Grid.Range(Hidden).Where(i => wanted[i]));
        while (open.TryPop(out int i))
        {
            for (int gate = 0; gate < weights.Gates; gate++)
            {
                foreach (int k in weights.UnitsOf(d, gate, i))
                {
                    if (!wanted[k] && !Folds(d, gate, k))
                    {
                        wanted[k] = true;
                        open.Push(k);
                    }
                }
            }
        }

        return wanted;
    }

    private bool[,] Always(Func<RecurrentStates, double?[,,,]> which)
    {
        var result = new bool[Directions, Hidden];
        for (int d = 0; d < Directions && states is not null; d++)
        {
            for (int i = 0; i < Hidden; i++)
            {
                result[d, i] = Sequence(which(states), d, i).All(h => h is not null);
            }
        }

        return result;
    }

    private bool[,] Steady()
    {
        var result = new bool[Directions, Hidden];
        for (int d = 0; d < Directions && states is not null; d++)
        {
            for (int i = 0; i < Hidden; i++)
            {
                result[d, i] = before[d, i] && Sequence(states.Before, d, i).Distinct().Count() == 1;
            }
        }

        return result;
    }

    private IEnumerable<double?> Sequence(double?[,,,] values, int d, int i)
    {
        for (int t = 0; t < shape[0]; t++)
        {
            for (int b = 0; b < shape[2]; b++)
            {
                yield return values[t, d, b, i];
            }
        }
    }
}
