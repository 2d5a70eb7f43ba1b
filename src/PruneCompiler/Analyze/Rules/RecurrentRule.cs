using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>
/// The sequential part of RNN, GRU and LSTM: a unit goes when its states are known at every step, or when neither a consumer nor a unit that stays reads it. What
/// known states add to the gates of others becomes a constant in front of the gates.
/// </summary>
/// <remarks>Directions of unequal numbers of units become layers of their own: a layer has as many units in each of its directions.</remarks>
public sealed class RecurrentRule : ChannelRule
{
    /// <summary>The only one.</summary>
    public static RecurrentRule Instance { get; } = new();

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (facts.States(node) is not { } states)
        {
            return;
        }

        Learn(facts[node.Outputs[0]], states.Output.Cast<double?>());
        Learn(facts[node.Outputs[1]], states.Last[0].Cast<double?>());
        if (node.Outputs.Count > 2)
        {
            Learn(facts[node.Outputs[2]], states.Last[1].Cast<double?>());
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Backward(node, facts);
            return;
        }

        var units = new RecurrentUnits(node, facts);
        Shape y = node.Outputs[0].Shape;
        int directions = y[1], hidden = y[3], gates = node.Input(0).Shape[1] / directions / hidden;
        facts[node.Input(0)].AddRead(Mask.AlongAxis(2, 1, Enumerable.Range(0, directions).SelectMany(d => Enumerable.Repeat(units.Live[d], gates).SelectMany(u => u)).ToArray()));
        foreach (int state in new[] { 5, 6 })
        {
            if (node.InputOrNull(state) is { } value)
            {
                facts[value].AddRead(new Mask([directions, 1, hidden], units.Live.SelectMany(u => u).ToArray()));
            }
        }

        foreach (int other in new[] { 2, 4, 7 })
        {
            if (node.InputOrNull(other) is { } value)
            {
                facts[value].ReadAll();
            }
        }
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        if (!Fits(node))
        {
            pruner.Keep(node);
            return;
        }

        var units = new RecurrentUnits(node, pruner.Facts);
        int directions = node.Outputs[0].Shape[1];
        int[] used = Grid.Range(directions).Where(d => units.Live[d].Contains(true)).ToArray();
        int[][] kept = Array.ConvertAll(used, units.Kept);
        bool[] differs = kept.Select(k => !k.AsSpan().SequenceEqual(kept[0])).ToArray();
        if (differs.Contains(true))
        {
            Apart(node, units, used, kept, pruner);
            return;
        }

        Node made = Make(node, units, used, kept, pruner);
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            pruner.Set(node.Outputs[i], made.Outputs[i], Slices(node.Outputs[i].Shape, used, kept[0]));
        }
    }

    private static bool Fits(Node node) => node.Outputs[0].Shape.Count > 0 && new[] { 1, 2, 7 }.All(i => node.InputOrNull(i) is null or { Constant: not null });

    /// <summary>A layer for each direction; their results, filled up to the same units, one behind the other.</summary>
    private static void Apart(Node node, RecurrentUnits units, int[] used, int[][] kept, Pruner pruner)
    {
        int[] all = kept.SelectMany(k => k).Distinct().Order().ToArray();
        Node[] made = used.Select((d, at) => Make(node, units, [d], [kept[at]], pruner)).ToArray();
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            Value output = node.Outputs[i];
            int rank = output.Shape.Rank;
            var parts = new List<Value>();
            for (int at = 0; at < used.Length && pruner.Facts[output].Needed.Any; at++)
            {
                Value part = made[at].Outputs[i];
                int[] missing = all.Except(kept[at]).ToArray();
                if (missing.Length > 0)
                {
                    Tensor fill = pruner.Content(output, Slices(output.Shape, [used[at]], missing));
                    part = pruner.Widen(part, rank - 1, Array.ConvertAll(kept[at], k => Array.BinarySearch(all, k)), all.Length, fill);
                }

                parts.Add(part);
            }

            if (parts.Count > 0)
            {
                Value joined = pruner.Add(node.Name + " directions", "Concat", parts, new Attributes().Set("axis", rank - 3));
                pruner.Set(output, joined, Slices(output.Shape, used, all));
            }
        }
    }

    private static Node Make(Node node, RecurrentUnits units, int[] used, int[][] kept, Pruner pruner)
    {
        Shape y = node.Outputs[0].Shape;
        int directions = y[1], hidden = y[3], gates = node.Input(0).Shape[1] / directions / hidden, count = kept[0].Length;
        int[] columns = used.SelectMany((d, at) => Enumerable.Range(0, gates).SelectMany(g => kept[at].Select(u => (((d * gates) + g) * hidden) + u))).ToArray();
        Value projection = pruner.Fit(node.Input(0), [null, columns.Length == node.Input(0).Shape[1] ? null : columns]);
        if (units.Constants(used, kept) is { } constants)
        {
            projection = pruner.Add(node.Name + " constants", "Add", [projection, pruner.Constant(node.Name + " constants", constants)]);
        }

        if (used.Length == directions && count == hidden)
        {
            Tensor full = units.Weights(used, kept); // without what is folded
            Value?[] same = [projection, full.ContentEquals(node.ConstantInput(1)!) ? node.Input(1) : pruner.Constant(node.Input(1).Name, full), .. node.Inputs.Skip(2).Select(v => v is null ? null : pruner.Full(v))];
            same[2] = Bias();
            return pruner.Make(node, same);
        }

        Value?[] inputs =
        [
            projection,
            pruner.Constant(node.Input(1).Name, units.Weights(used, kept)),
            Bias(),
            null,
            node.InputOrNull(4) is { } lengths ? pruner.Full(lengths) : null,
            State(5),
            State(6),
            node.InputOrNull(7) is { } p ? pruner.Constant(p.Name, Peepholes(p.Constant!, used, kept, hidden)) : null,
        ];
        Attributes attributes = node.Attributes.Clone();
        if (used.Length < directions)
        {
            attributes.Set("direction", RecurrentLayer.IsReverse(node, used[0]) ? "reverse" : "forward")
                .Set("functions", Part(node.Attributes.Ints("functions")!)).Set("alpha", Part(node.Attributes.Floats("alpha")!)).Set("beta", Part(node.Attributes.Floats("beta")!));
        }

        return pruner.Make(node, inputs, attributes);

        Value? Bias() => units.HiddenBias(node.ConstantInput(2), used, kept) is { } bias ? pruner.Constant(node.Name + " hidden bias", bias) : null;
        Value? State(int input) => node.InputOrNull(input) is { } value ? pruner.Fit(value, Slices(value.Shape, used, kept[0])) : null;
        T[] Part<T>(T[] perDirection) => used.SelectMany(d => perDirection.AsSpan(d * (perDirection.Length / directions), perDirection.Length / directions).ToArray()).ToArray();
    }

    /// <summary>Slices of a value [..., directions, batch, units].</summary>
    private static int[]?[] Slices(Shape shape, int[] directions, int[] units)
    {
        var slices = new int[]?[shape.Rank];
        slices[^3] = directions.Length == shape[-3] ? null : directions;
        slices[^1] = units.Length == shape[-1] ? null : units;
        return slices;
    }

    private static Tensor Peepholes(Tensor p, int[] used, int[][] kept, int hidden)
    {
        ReadOnlySpan<float> values = p.As<float>();
        var result = new List<float>();
        for (int d = 0; d < used.Length; d++)
        {
            for (int which = 0; which < 3; which++)
            {
                foreach (int unit in kept[d])
                {
                    result.Add(values[(((used[d] * 3) + which) * hidden) + unit]);
                }
            }
        }

        return Tensor.Of<float>(new Shape(used.Length, 3 * kept[0].Length), result.ToArray());
    }

    private static void Learn(ValueFacts facts, IEnumerable<double?> elements)
    {
        double?[] values = elements.ToArray();
        int[] dims = facts.Value.Shape.Dims.ToArray();
        facts.Learn(new Mask(dims, Array.ConvertAll(values, v => v is not null)), Tensor.Of<float>(facts.Value.Shape, Array.ConvertAll(values, v => (float)(v ?? 0))));
    }
}
