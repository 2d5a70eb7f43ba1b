using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>
/// Normalisation of groups of channels: the statistics of a group need every channel in it, so that groups go as a whole: those of which nobody reads anything. A
/// channel whose scale is zero is its shift; a group of constants is constant.
/// </summary>
/// <param name="groupsOf">Number of groups.</param>
public sealed class GroupNormalizationRule(Func<Node, int> groupsOf) : ChannelRule
{
    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Forward(node, facts);
            return;
        }

        Value x = node.Input(0);
        int channels = x.Shape[1], size = channels / groupsOf(node);
        bool[] input = facts[x].KnownSlices(1), zero = facts.Zeros(node.Input(1));
        bool[] known = Grid.Range(channels).Select(c => zero[zero.Length == channels ? c : c / size] || Enumerable.Range(c / size * size, size).All(i => input[i])).ToArray();
        if (!known.Contains(true) || !Probe.IsSmall(x.Shape.Count))
        {
            return;
        }

        Tensor content = facts[x].Content ?? new Tensor(x.Type, new Shape(Grid.PadLeft([], x.Shape.Rank)));
        if (Probe.Evaluate(node, [TensorSlices.Expand(content, x.Shape.Dims), node.ConstantInput(1), node.ConstantInput(2)]) is [{ } result])
        {
            facts[node.Outputs[0]].Learn(Mask.AlongAxis(x.Shape.Rank, 1, known), result);
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

        facts[node.Input(0)].AddRead(Mask.AlongAxis(node.Input(0).Shape.Rank, 1, Live(node, facts)));
        facts[node.Input(1)].ReadAll();
        facts[node.Input(2)].ReadAll();
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        bool[] live = Fits(node) ? Live(node, pruner.Facts) : [];
        if (!live.Contains(false))
        {
            pruner.Keep(node);
            return;
        }

        int channels = live.Length, size = channels / groupsOf(node);
        int[] kept = Grid.Range(channels).Where(c => live[c]).ToArray(), groups = kept.Select(c => c / size).Distinct().ToArray();
        var slices = new int[]?[node.Input(0).Shape.Rank];
        slices[1] = kept;
        Value Parameter(int input) => pruner.Fit(node.Input(input), [node.Input(input).Shape[0] == channels ? kept : groups]);
        pruner.Emit(node, [pruner.Fit(node.Input(0), slices), Parameter(1), Parameter(2)], slices, node.Attributes.Clone().Set("num_groups", groups.Length));
    }

    private static bool Fits(Node node) => node.Inputs.Skip(1).All(i => i is { Constant: not null, Shape.Rank: 1 }) && node.Input(0).Shape.Count > 0;

    private bool[] Live(Node node, FactTable facts)
    {
        int channels = node.Input(0).Shape[1], size = channels / groupsOf(node);
        bool[] needed = facts[node.Outputs[0]].Needed.Slices(1, channels, all: false);
        return Grid.Range(channels).Select(c => needed.AsSpan(c / size * size, size).Contains(true)).ToArray();
    }
}
