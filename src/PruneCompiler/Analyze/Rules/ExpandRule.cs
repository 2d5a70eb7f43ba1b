using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>Broadcasting to a constant shape: facts are compressed along the axes that repeat anyway.</summary>
public sealed class ExpandRule : ChannelRule
{
    /// <summary>The only one.</summary>
    public static ExpandRule Instance { get; } = new();

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        ValueFacts input = facts[node.Input(0)];
        int rank = node.Outputs[0].Shape.Rank;
        if (input.Content is { } content)
        {
            facts[node.Outputs[0]].Learn(input.Known.PadLeft(rank), content.Reshaped(new Shape(Grid.PadLeft(content.Shape.Dims, rank))));
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts) =>
        facts[node.Input(0)].AddRead(facts[node.Outputs[0]].Needed.AnyOf(node.Input(0).Shape));

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        int[]?[] slices = pruner.Slices(node);
        Value input = pruner.Fit(node.Input(0), ElementwiseRule.Broadcast(slices, node.Input(0).Shape));
        if (slices.All(s => s is null))
        {
            pruner.Emit(node, [input, node.Input(1)], slices);
            return;
        }

        long[] dims = node.Outputs[0].Shape.Dims.ToArray().Select((d, a) => (long)(slices[a]?.Length ?? d)).ToArray();
        pruner.Emit(node, [input, pruner.Constant(node.Name + " shape", Tensor.Vector<long>(dims))], slices);
    }
}
