using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>A permutation of the axes: facts move along.</summary>
/// <param name="permutation">Axis of the input for each axis of the output.</param>
public sealed class TransposeRule(Func<Node, int[]> permutation) : ChannelRule
{
    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        ValueFacts input = facts[node.Input(0)];
        if (input.Known.Any)
        {
            int[] axes = permutation(node);
            int[] dims = axes.Select(a => input.Content!.Shape[a]).ToArray();
            facts[node.Outputs[0]].Learn(Permute(input.Known, axes), TensorSlices.Pick(input.Content!, dims, Indices(input.Content!.Shape.Dims, axes)));
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        int[] axes = permutation(node), back = Grid.Range(axes.Length).Select(a => Array.IndexOf(axes, a)).ToArray();
        facts[node.Input(0)].AddRead(Permute(facts[node.Outputs[0]].Needed, back));
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        int[] axes = permutation(node);
        int[]?[] before = pruner.Kept(node.Input(0));
        pruner.Emit(node, [pruner.Fit(node.Input(0), before)], Array.ConvertAll(axes, a => before[a]));
    }

    private static Mask Permute(Mask mask, int[] axes)
    {
        bool[] bits = mask.Bits.ToArray();
        int[] dims = mask.Dims.ToArray();
        return new Mask(Array.ConvertAll(axes, a => dims[a]), Array.ConvertAll(Indices(dims, axes), i => bits[i]));
    }

    private static int[] Indices(ReadOnlySpan<int> dims, int[] axes)
    {
        int[] from = dims.ToArray(), strides = new Shape(dims).Strides();
        return Grid.Offsets(Array.ConvertAll(axes, a => from[a]), Array.ConvertAll(axes, a => strides[a]));
    }
}
