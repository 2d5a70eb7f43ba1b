using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>DepthToSpace and SpaceToDepth: a channel of the side with fewer belongs to blocksize² channels of the other, which stay or go together.</summary>
/// <param name="toSpace">True for DepthToSpace: its outputs are fewer.</param>
public sealed class BlockRule(bool toSpace) : ChannelRule
{
    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        ValueFacts input = facts[node.Input(0)];
        if (!input.Known.Any || !Probe.IsSmall(node.Input(0).Shape.Count))
        {
            return;
        }

        bool[] known = input.KnownSlices(1);
        int few = Fewer(node);
        bool[] result = toSpace ? Grid.Range(few).Select(c => Many(node, c).All(m => known[m])).ToArray() : Spread(node, known);
        if (result.Contains(true) && Probe.Evaluate(node, [TensorSlices.Expand(input.Content!, node.Input(0).Shape.Dims)]) is [{ } content])
        {
            facts[node.Outputs[0]].Learn(Mask.AlongAxis(4, 1, result), content);
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        bool[] needed = facts[node.Outputs[0]].Needed.Slices(1, node.Outputs[0].Shape[1], all: false);
        facts[node.Input(0)].AddRead(Mask.AlongAxis(4, 1, toSpace ? Spread(node, needed) : Grid.Range(Fewer(node)).Select(c => Many(node, c).Any(m => needed[m])).ToArray()));
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        bool[] needed = pruner.Facts[node.Outputs[0]].Needed.Slices(1, node.Outputs[0].Shape[1], all: false);
        int few = Fewer(node);
        int[] kept = Grid.Range(few).Where(c => toSpace ? needed[c] : Many(node, c).Any(m => needed[m])).ToArray();
        int[] many = kept.SelectMany(c => Many(node, c)).Order().ToArray();
        int[]?[] slices = kept.Length == few ? [null, null, null, null] : [null, kept, null, null], others = kept.Length == few ? slices : [null, many, null, null];
        pruner.Emit(node, [pruner.Fit(node.Input(0), toSpace ? others : slices)], toSpace ? slices : others);
    }

    private int Fewer(Node node) => (toSpace ? node.Outputs[0] : node.Input(0)).Shape[1];

    /// <summary>The channels of the side with more that belong to one of the other.</summary>
    private IEnumerable<int> Many(Node node, int channel)
    {
        int block = (int)node.Attributes.Int("blocksize"), count = block * block, few = Fewer(node);
        bool together = toSpace && node.Attributes.Text("mode", "DCR") == "CRD";
        return Enumerable.Range(0, count).Select(p => together ? (channel * count) + p : (p * few) + channel);
    }

    private bool[] Spread(Node node, bool[] fewer)
    {
        int block = (int)node.Attributes.Int("blocksize");
        var result = new bool[fewer.Length * block * block];
        for (int c = 0; c < fewer.Length; c++)
        {
            foreach (int m in Many(node, c))
            {
                result[m] = fewer[c];
            }
        }

        return result;
    }
}
