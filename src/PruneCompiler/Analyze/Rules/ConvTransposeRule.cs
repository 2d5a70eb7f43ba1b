using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>Transposed convolution with constant weights [C, M / groups, kernel...]; see <see cref="ConvRule"/>.</summary>
/// <remarks>What a known channel adds depends on the pixel even inside (strides leave gaps), so that it is evaluated on the whole image and added.</remarks>
public sealed class ConvTransposeRule : ChannelRule
{
    private const long MaximumWork = 200_000_000;

    /// <summary>The only one.</summary>
    public static ConvTransposeRule Instance { get; } = new();

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Forward(node, facts);
            return;
        }

        bool[] knownInputs = facts[node.Input(0)].KnownSlices(1);
        bool[,] used = Used(node, facts);
        bool[] known = Enumerable.Range(0, node.Outputs[0].Shape[1]).Select(o => Enumerable.Range(0, knownInputs.Length).All(i => knownInputs[i] || !used[i, o])).ToArray();
        if (known.Contains(true) && Evaluate(node, facts, knownInputs, node.ConstantInput(2)) is { } content)
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

        bool[] needed = facts[node.Outputs[0]].Needed.Slices(1, node.Outputs[0].Shape[1], all: false);
        bool[,] used = Used(node, facts);
        bool[] read = Enumerable.Range(0, node.Input(0).Shape[1]).Select(i => Enumerable.Range(0, needed.Length).Any(o => needed[o] && used[i, o])).ToArray();
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

        int rank = node.Outputs[0].Shape.Rank, channels = node.Input(0).Shape[1], all = node.Outputs[0].Shape[1], groups = Groups(node);
        int[] outputs = pruner.Facts[node.Outputs[0]].Slices()[1] ?? Grid.Range(all);
        bool[] known = pruner.Facts[node.Input(0)].KnownSlices(1), zero = pruner.Facts[node.Input(0)].ZeroSlices(1);
        bool[,] used = Used(node, pruner.Facts);
        int[] inputs = Grid.Range(channels).Where(i => !known[i] && outputs.Any(o => used[i, o])).ToArray();
        bool[] folded = Grid.Range(channels).Select(i => known[i] && !zero[i] && outputs.Any(o => used[i, o])).ToArray();
        Tensor? constant = folded.Contains(true) ? Evaluate(node, pruner.Facts, folded, null) : null;
        if (inputs.Length == 0 || (constant is null && folded.Contains(true)))
        {
            inputs = Grid.Range(channels);
            constant = null;
        }

        (int[] before, int[] after, int left) = GroupSizes.Equal(groups, channels / groups, all / groups, inputs, outputs);
        if (before.Length == channels && after.Length == all && constant is null)
        {
            pruner.Keep(node);
            return;
        }

        int[]?[] inputSlices = new int[]?[rank], outputSlices = new int[]?[rank];
        inputSlices[1] = before.Length == channels ? null : before;
        outputSlices[1] = after.Length == all ? null : after;
        bool[] read = pruner.Facts[node.Outputs[0]].Read.Slices(1, all, all: false);
        Value weights = pruner.Constant(node.Input(1).Name, Take(node, before, after, left, [.. inputs], read));
        Value? bias = node.InputOrNull(2) is { } b ? pruner.Fit(b, [outputSlices[1]]) : null;
        pruner.Emit(node, [pruner.Fit(node.Input(0), inputSlices), weights, bias], outputSlices, node.Attributes.Clone().Set("group", left));
        if (constant is not null)
        {
            Value map = pruner.Constant(node.Name + " constants", TensorSlices.Take(constant, 1, after));
            pruner.Set(node.Outputs[0], pruner.Add(node.Name + " constants", "Add", [pruner.Current(node.Outputs[0]), map]), outputSlices);
        }
    }

    private static int Groups(Node node) => (int)node.Attributes.Int("group", 1);

    private static bool Fits(Node node) => node.Inputs.Skip(1).All(i => i is null or { Constant: not null });

    private static bool[,] Used(Node node, FactTable facts)
    {
        Shape shape = node.Input(1).Shape;
        bool[] zeros = facts.Zeros(node.Input(1));
        int taps = Grid.Count(shape.Dims[2..]), groups = Groups(node), perIn = Math.Max(1, shape[0] / groups);
        var used = new bool[shape[0], shape[1] * groups];
        for (int i = 0; i < shape[0]; i++)
        {
            for (int o = 0; o < shape[1]; o++)
            {
                used[i, (i / perIn * shape[1]) + o] = zeros.AsSpan(((i * shape[1]) + o) * taps, taps).Contains(false);
            }
        }

        return used;
    }

    /// <summary>The weights for fewer channels; those that only fill up a group are zero.</summary>
    private static Tensor Take(Node node, int[] ins, int[] outs, int groups, HashSet<int> used, bool[] read)
    {
        Tensor from = node.ConstantInput(1)!;
        int perOut = outs.Length / groups, perIn = ins.Length / groups, was = from.Shape[1], size = Grid.Count(from.Shape.Dims[2..]) * from.Type.Size();
        var result = new Tensor(from.Type, from.Shape.With(0, ins.Length).With(1, perOut));
        for (int i = 0; i < ins.Length; i++)
        {
            for (int o = 0; o < perOut; o++)
            {
                int output = outs[(i / perIn * perOut) + o];
                if (used.Contains(ins[i]) && read[output])
                {
                    from.Bytes.AsSpan(((ins[i] * was) + (output % was)) * size, size).CopyTo(result.Bytes.AsSpan(((i * perOut) + o) * size));
                }
            }
        }

        return result;
    }

    /// <summary>The result for known channels that are chosen, the others zero; null when that is too much work.</summary>
    private static Tensor? Evaluate(Node node, FactTable facts, bool[] channels, Tensor? bias)
    {
        Value x = node.Input(0);
        Tensor content = facts[x].Content ?? new Tensor(x.Type, new Shape(Grid.PadLeft([], x.Shape.Rank)));
        bool[] zero = facts[x].ZeroSlices(1);
        int[] chosen = Grid.Range(channels.Length).Where(i => channels[i] && !zero[i]).ToArray();
        chosen = Groups(node) > 1 ? Grid.Range(channels.Length) : chosen.Length == 0 ? [0] : chosen;
        Shape shape = x.Shape.With(0, 1);
        if (content.Shape[0] != 1 || shape.With(1, chosen.Length).Count * (node.Input(1).Shape.Count / node.Input(1).Shape[0]) > MaximumWork)
        {
            return null;
        }

        Tensor image = TensorSlices.Expand(TensorSlices.Take(TensorSlices.Expand(content, content.Shape.With(1, shape[1]).Dims), 1, chosen), shape.With(1, chosen.Length).Dims);
        image = new Tensor(image.Type, image.Shape, (byte[])image.Bytes.Clone());
        int plane = image.Bytes.Length / chosen.Length;
        for (int at = 0; at < chosen.Length; at++)
        {
            if (!channels[chosen[at]])
            {
                image.Bytes.AsSpan(at * plane, plane).Clear();
            }
        }

        return Probe.Evaluate(node, [image, TensorSlices.Take(node.ConstantInput(1)!, 0, chosen), bias]) is [{ } result] ? TensorSlices.Compress(result) : null;
    }
}
