using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>The same elements in the same order under another shape: Reshape, Flatten, Squeeze, Unsqueeze.</summary>
/// <remarks>
/// Axes are matched in groups of equal size: [1, 197, 768] to [1, 197, 12, 64] has the groups (1, 1), (197, 197) and (768, 12 x 64).
/// Where an axis is split, whole slices of the parts go (attention heads, or the same unit of every head); where axes are merged, every
/// combination of the slices that are left.
/// </remarks>
public sealed class ReshapeRule : ChannelRule
{
    /// <summary>The only one.</summary>
    public static ReshapeRule Instance { get; } = new();

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        ValueFacts input = facts[node.Input(0)];
        if (!input.Known.Any)
        {
            return;
        }

        Shape from = node.Input(0).Shape, to = node.Outputs[0].Shape;
        (int[] full, int[] dims) = Map(input.Content!.Shape.Dims, from, to);
        if (Probe.IsSmall(Grid.Count(full)))
        {
            facts[node.Outputs[0]].Learn(Reshape(input.Known, from, to), TensorSlices.Expand(input.Content, full).Reshaped(new Shape(dims)));
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts) =>
        facts[node.Input(0)].AddRead(Reshape(facts[node.Outputs[0]].Needed, node.Outputs[0].Shape, node.Input(0).Shape));

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        Value input = node.Input(0);
        Shape from = input.Shape, to = node.Outputs[0].Shape;
        int[]?[] before = new int[]?[from.Rank], after = new int[]?[to.Rank];
        int[]?[] have = pruner.Kept(input);
        foreach ((int[] ins, int[] outs) in Groups(from, to))
        {
            int[] wideIns = ins.Where(a => from[a] != 1).ToArray(), wideOuts = outs.Where(a => to[a] != 1).ToArray();
            if (wideIns.Length == 1)
            {
                foreach (int a in wideOuts)
                {
                    after[a] = wideOuts.Length == 1 ? have[wideIns[0]] : Parts(have[wideIns[0]], to, outs, a);
                }

                before[wideIns[0]] = Product(wideOuts, to, after);
            }
            else if (wideOuts.Length == 1)
            {
                foreach (int a in wideIns)
                {
                    before[a] = have[a]; // slices that nobody needs are not taken out here: that is for a consumer to decide
                }

                after[wideOuts[0]] = Product(wideIns, from, before);
            }
        }

        if (Array.TrueForAll(after, s => s is null))
        {
            pruner.Keep(node);
            return;
        }

        Value source = pruner.Fit(input, before);
        int[] dims = to.Dims.ToArray();
        for (int a = 0; a < dims.Length; a++)
        {
            dims[a] = after[a]?.Length ?? dims[a];
        }

        Value shape = pruner.Constant(node.Name + " shape", Tensor.Vector<long>(Array.ConvertAll(dims, d => (long)d)));
        pruner.Set(node.Outputs[0], pruner.Add(node.Name, "Reshape", [source, shape]), after);
    }

    /// <summary>The slices of one part of a split axis that belong to slices of the whole; null for all.</summary>
    private static int[]? Parts(int[]? slices, Shape shape, int[] axes, int axis)
    {
        int inner = axes.Where(a => a > axis).Aggregate(1, (n, a) => n * shape[a]);
        int[]? parts = slices?.Select(s => s / inner % shape[axis]).Distinct().Order().ToArray();
        return parts?.Length == shape[axis] ? null : parts;
    }

    /// <summary>The indices of one axis that stand for all combinations of slices of several; null for all of them.</summary>
    private static int[]? Product(int[] axes, Shape shape, int[]?[] slices)
    {
        if (axes.All(a => slices[a] is null))
        {
            return null;
        }

        int[] result = [0];
        foreach (int a in axes)
        {
            int[] some = slices[a] ?? Grid.Range(shape[a]);
            result = result.SelectMany(r => some.Select(s => (r * shape[a]) + s)).ToArray();
        }

        return result;
    }

    private static Mask Reshape(Mask mask, Shape from, Shape to)
    {
        (int[] full, int[] dims) = Map(mask.Dims, from, to);
        return Probe.IsSmall(Grid.Count(full)) ? new Mask(dims, mask.Expand(full)) : Mask.Uniform(to.Rank, mask.Any && mask.All);
    }

    /// <summary>What to expand compressed dimensions to before they can be reshaped, and what they become.</summary>
    private static (int[] Full, int[] Result) Map(ReadOnlySpan<int> dims, Shape from, Shape to)
    {
        int[] full = dims.ToArray(), result = Grid.PadLeft([], to.Rank);
        foreach ((int[] ins, int[] outs) in Groups(from, to))
        {
            if (ins.Any(a => full[a] != 1))
            {
                foreach (int a in ins)
                {
                    full[a] = from[a];
                }

                foreach (int a in outs)
                {
                    result[a] = to[a];
                }
            }
        }

        return (full, result);
    }

    /// <summary>The smallest groups of neighbouring axes that hold the same number of elements on both sides.</summary>
    private static List<(int[] In, int[] Out)> Groups(Shape from, Shape to)
    {
        var groups = new List<(int[], int[])>();
        int i = 0, o = 0;
        while (i < from.Rank || o < to.Rank)
        {
            int firstIn = i, firstOut = o;
            long ins = i < from.Rank ? from[i++] : 1, outs = o < to.Rank ? to[o++] : 1;
            while (ins != outs && (i < from.Rank || o < to.Rank))
            {
                if (o == to.Rank || (ins < outs && i < from.Rank))
                {
                    ins *= from[i++];
                }
                else
                {
                    outs *= to[o++];
                }
            }

            groups.Add((Enumerable.Range(firstIn, i - firstIn).ToArray(), Enumerable.Range(firstOut, o - firstOut).ToArray()));
        }

        return groups;
    }
}
