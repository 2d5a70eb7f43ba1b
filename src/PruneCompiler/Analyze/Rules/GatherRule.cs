using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>Picking along one axis: by constant indices slices move; by computed ones (an embedding) the other axes still pass.</summary>
/// <param name="axisOf">The axis of input 0, not negative.</param>
public sealed class GatherRule(Func<Node, int> axisOf) : ChannelRule
{
    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        ValueFacts data = facts[node.Input(0)], output = facts[node.Outputs[0]];
        if (!data.Known.Any)
        {
            return;
        }

        int axis = axisOf(node);
        if (Indices(node) is { } picked)
        {
            Tensor content = TensorSlices.Take(data.Content!, axis, data.Content!.Shape[axis] == 1 ? null : picked);
            Mask known = AxisMap.Take(data.Known, axis, picked);
            Shape shape = node.Input(1).Shape;
            output.Learn(Replace(known, axis, shape), Replaced(content, axis, shape));
            return;
        }

        // Whatever is picked: an element is known when it is the same in every slice.
        Tensor first = TensorSlices.Take(data.Content!, axis, data.Content!.Shape[axis] == 1 ? null : [0]);
        bool[] same = Same(data.Content!, axis);
        Mask constant = Mask.And(data.Known.Fold([axis], all: true), new Mask(first.Shape.Dims.ToArray(), same));
        output.Learn(Replace(constant, axis, Single(node)), Replaced(first, axis, Single(node)));
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        int axis = axisOf(node);
        Value data = node.Input(0);
        Mask needed = facts[node.Outputs[0]].Needed;
        Shape indices = node.Input(1).Shape;
        if (Indices(node) is not { } picked)
        {
            facts[node.Input(1)].ReadAll();
            Mask any = needed.Fold(Enumerable.Range(axis, indices.Rank), all: false);
            facts[data].AddRead(Restore(any, axis, indices.Rank, 1));
            return;
        }

        int[] full = Grid.Full(needed.Dims, node.Outputs[0].Shape, Enumerable.Range(axis, indices.Rank));
        bool[] bits = needed.Expand(full);
        var flat = new Mask([.. full[..axis], picked.Length, .. full[(axis + indices.Rank)..]], bits);
        facts[data].AddRead(AxisMap.Put(flat, axis, picked, data.Shape[axis]));
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        int axis = axisOf(node), rank = node.Input(1).Shape.Rank;
        int[]?[] slices = pruner.Slices(node), have = pruner.Kept(node.Input(0));
        int[]?[] before = [.. slices[..axis], null, .. slices[(axis + rank)..]];
        if (Indices(node) is not { } picked || (have.All(h => h is null) && slices.All(s => s is null)))
        {
            for (int a = axis; a < axis + rank; a++)
            {
                slices[a] = null;
            }

            pruner.Emit(node, [pruner.Fit(node.Input(0), before), pruner.Full(node.Input(1))], slices);
            return;
        }

        if (rank == 1 && slices[axis] is { } some)
        {
            picked = Array.ConvertAll(some, s => picked[s]);
        }
        else
        {
            for (int a = axis; a < axis + rank; a++)
            {
                slices[a] = null;
            }
        }

        int[] sources = picked.Distinct().Order().ToArray();
        before[axis] = sources.Length == node.Input(0).Shape[axis] ? null : sources;
        Value source = pruner.Fit(node.Input(0), before);
        if (rank == 1 && sources.AsSpan().SequenceEqual(picked))
        {
            pruner.Set(node.Outputs[0], source, slices);
            return;
        }

        int[] dims = rank == 1 ? [picked.Length] : node.Input(1).Shape.Dims.ToArray();
        long[] renumbered = Array.ConvertAll(picked, p => (long)Array.BinarySearch(sources, p));
        pruner.Emit(node, [source, pruner.Constant(node.Name + " indices", Tensor.Of<long>(new Shape(dims), renumbered))], slices);
    }

    private static int[] Ones(int rank) => Enumerable.Repeat(1, rank).ToArray();

    private static Shape Single(Node node) => new(Ones(node.Input(1).Shape.Rank));

    /// <summary>The axis replaced by axes of a shape; where the facts do not vary along it, by axes of size 1.</summary>
    private static int[] Replace(ReadOnlySpan<int> dims, int axis, Shape indices) =>
        [.. dims[..axis], .. dims[axis] == 1 ? Ones(indices.Rank) : indices.Dims.ToArray(), .. dims[(axis + 1)..]];

    private static Mask Replace(Mask mask, int axis, Shape indices) => new(Replace(mask.Dims, axis, indices), mask.Bits.ToArray());

    private static Tensor Replaced(Tensor tensor, int axis, Shape indices) => tensor.Reshaped(new Shape(Replace(tensor.Shape.Dims, axis, indices)));

    private static Mask Restore(Mask mask, int axis, int rank, int size) => new([.. mask.Dims[..axis], size, .. mask.Dims[(axis + rank)..]], mask.Bits.ToArray());

    private static bool[] Same(Tensor content, int axis)
    {
        ReadOnlySpan<int> dims = content.Shape.Dims;
        int outer = Grid.Count(dims[..axis]), size = dims[axis], inner = Grid.Count(dims[(axis + 1)..]), bytes = content.Type.Size();
        var same = new bool[outer * inner];
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < inner; i++)
            {
                ReadOnlySpan<byte> first = content.Bytes.AsSpan(((o * size * inner) + i) * bytes, bytes);
                bool equal = true;
                for (int s = 1; s < size && equal; s++)
                {
                    equal = first.SequenceEqual(content.Bytes.AsSpan(((((o * size) + s) * inner) + i) * bytes, bytes));
                }

                same[(o * inner) + i] = equal;
            }
        }

        return same;
    }

    private int[]? Indices(Node node)
    {
        int size = node.Input(0).Shape[axisOf(node)];
        return node.ConstantInput(1)?.ToInt64Array().Select(i => (int)(i < 0 ? i + size : i)).ToArray();
    }
}
