using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>
/// Convolution with constant weights, in any number of groups: an output channel is known when each of its weights is zero or meets a
/// known channel; an input channel is read when a needed output channel has a weight for it.
/// </summary>
/// <remarks>
/// A known channel that is not zero adds something else at the border of a padded convolution than inside; that is computed exactly
/// (<see cref="BorderClasses"/>) and becomes a bias for each pixel.
/// </remarks>
public sealed class ConvRule : ChannelRule
{
    /// <summary>The only one.</summary>
    public static ConvRule Instance { get; } = new();

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Forward(node, facts);
            return;
        }

        ValueFacts input = facts[node.Input(0)];
        var weights = ConvWeights.Of(node, facts);
        bool[] knownInputs = input.KnownSlices(1);
        bool[] known = new bool[weights.Outputs];
        for (int o = 0; o < known.Length; o++)
        {
            known[o] = weights.InputsOf(o).All(i => knownInputs[i]);
        }

        if (!known.Contains(true))
        {
            return;
        }

        // Contributions of known channels only: for the outputs that are known there are no others.
        if (BorderClasses.Evaluate(node, facts, knownInputs, node.ConstantInput(2)) is { } content)
        {
            facts[node.Outputs[0]].Learn(Mask.AlongAxis(node.Outputs[0].Shape.Rank, 1, known), content);
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

        Value output = node.Outputs[0];
        bool[] needed = facts[output].Needed.Slices(1, output.Shape[1], all: false);
        var weights = ConvWeights.Of(node, facts);
        var read = new bool[node.Input(0).Shape[1]];
        for (int o = 0; o < needed.Length; o++)
        {
            if (needed[o])
            {
                foreach (int i in weights.InputsOf(o))
                {
                    read[i] = true;
                }
            }
        }

        facts[node.Input(0)].AddRead(Mask.AlongAxis(node.Input(0).Shape.Rank, 1, read));
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        if (!Fits(node))
        {
            pruner.Keep(node);
            return;
        }

        int rank = node.Outputs[0].Shape.Rank, channels = node.Input(0).Shape[1];
        int[] outputs = pruner.Facts[node.Outputs[0]].Slices()[1] ?? Grid.Range(node.Outputs[0].Shape[1]);
        var weights = ConvWeights.Of(node, pruner.Facts);
        bool[] known = pruner.Facts[node.Input(0)].KnownSlices(1);
        int[] have = pruner.Kept(node.Input(0))[1] ?? Grid.Range(channels);
        int[] used = outputs.SelectMany(weights.InputsOf).Distinct().Order().ToArray();
        int[] computed = used.Where(i => !known[i]).ToArray();
        int[] wanted = weights.Groups == 1 ? ChooseInputs(node, pruner.Facts, have, computed, outputs.Length) : computed;
        (int[] inputs, int[] kept, int groups) = GroupSizes.Equal(weights.Groups, weights.InputsPerGroup, weights.OutputsPerGroup, wanted, outputs);

        // Known channels leave their contribution in the bias; where they are there nevertheless, their weights are zero.
        var stays = new HashSet<int>(computed);
        Value? bias = node.InputOrNull(2);
        if (!TryFold(node, pruner, known, kept, out Tensor? constant))
        {
            stays = [.. Enumerable.Range(0, channels)]; // too much to evaluate: the constants stay
            (inputs, kept, groups) = GroupSizes.Equal(weights.Groups, weights.InputsPerGroup, weights.OutputsPerGroup, Grid.Range(channels), outputs);
        }

        bool sameInputs = inputs.Length == channels, sameOutputs = kept.Length == weights.Outputs;
        if (sameInputs && sameOutputs && groups == weights.Groups && constant is null && used.All(stays.Contains))
        {
            pruner.Emit(node, [pruner.Full(node.Input(0)), .. node.Inputs.Skip(1)]);
            return;
        }

        var slices = new int[]?[rank];
        slices[1] = sameInputs ? null : inputs;
        Value x = pruner.Fit(node.Input(0), slices);
        Value w = pruner.Constant(node.Input(1).Name, weights.Take(inputs, kept, groups, stays, pruner.Facts[node.Outputs[0]].Read.Slices(1, weights.Outputs, all: false)));
        Value? b = constant is not null ? pruner.Constant(bias?.Name ?? node.Name + " bias", constant)
            : bias is null || sameOutputs ? bias
            : pruner.Constant(bias.Name, TensorSlices.Take(bias.Constant!, bias.Shape.Rank == 1 ? 0 : 1, kept));
        slices = new int[]?[rank];
        slices[1] = sameOutputs ? null : kept;
        pruner.Emit(node, [x, w, b], slices, node.Attributes.Clone().Set("group", groups));
    }

    private static bool Fits(Node node) => node.Inputs.Skip(1).All(i => i is null or { Constant: not null }) && node.InputOrNull(Conv.ResidualInput) is null;

    /// <summary>
    /// The channels that the convolution will see: those that it uses, or, where the value has others too, all that are there, if taking
    /// them out would cost more than multiplying with zeros.
    /// </summary>
    private static int[] ChooseInputs(Node node, FactTable facts, int[] have, int[] used, int outputs)
    {
        int[] available = used.Length == 0 ? [have[0]] : used;
        Value weights = node.Input(1);
        long taps = weights.Shape.Count / weights.Shape[0] / weights.Shape[1], pixels = node.Outputs[0].Shape.Count / node.Outputs[0].Shape[1];
        long saved = (have.Length - available.Length) * taps * outputs * pixels, copied = node.Input(0).Shape.Count / node.Input(0).Shape[1] * available.Length;
        return have.Length > available.Length && NarrowingCost.Pays(saved, copied, NarrowingCost.Density(weights.Constant!, facts.Zeros(weights), 1, available)) ? available
            : have;
    }

    /// <summary>The bias with the contributions of the folded channels, for the kept outputs; null when they contribute nothing. False when that takes too long.</summary>
    private static bool TryFold(Node node, Pruner pruner, bool[] folded, int[] kept, out Tensor? bias)
    {
        bias = null;
        bool[] zeros = pruner.Facts[node.Input(0)].ZeroSlices(1);
        bool[] relevant = folded.Zip(zeros, (f, z) => f && !z).ToArray();
        if (!relevant.Contains(true))
        {
            return true;
        }

        if (BorderClasses.Evaluate(node, pruner.Facts, relevant, node.ConstantInput(2)) is not { } map)
        {
            return false;
        }

        map = Collapse(TensorSlices.Take(map, 1, kept));
        bias = map.Shape.Dims[2..].IndexOfAnyExcept(1) < 0
            ? TensorSlices.Expand(map, map.Shape.With(1, kept.Length).Dims).Reshaped(new Shape(kept.Length))
            : TensorSlices.Expand(map, node.Outputs[0].Shape.With(0, 1).With(1, kept.Length).Dims);
        return true;
    }

    // One value a channel where all its pixels have the same: of groups, those that see the border of a folded channel may all be gone.
    private static Tensor Collapse(Tensor map)
    {
        Tensor corner = map;
        for (int axis = 2; axis < map.Shape.Rank; axis++)
        {
            corner = map.Shape[axis] == 1 ? corner : TensorSlices.Take(corner, axis, [0]);
        }

        return WholeTensors.Doubles(TensorSlices.Expand(corner, map.Shape.Dims)).AsSpan().SequenceEqual(WholeTensors.Doubles(map)) ? corner : map;
    }
}
