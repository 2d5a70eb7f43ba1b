using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>Inputs one behind the other along an axis.</summary>
/// <param name="axisOf">The axis, not negative.</param>
public sealed class ConcatRule(Func<Node, int> axisOf) : ChannelRule
{
    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (!node.Inputs.Any(i => facts[i!].Known.Any))
        {
            return;
        }

        int axis = axisOf(node), rank = node.Outputs[0].Shape.Rank;
        int[] knownDims = Grid.PadLeft([], rank), contentDims = Grid.PadLeft([], rank);
        foreach (ValueFacts input in node.Inputs.Select(i => facts[i!]))
        {
            knownDims = Grid.Join(knownDims, input.Known.Dims);
            contentDims = input.Content is null ? contentDims : Grid.Join(contentDims, input.Content.Shape.Dims);
        }

        knownDims[axis] = contentDims[axis] = node.Outputs[0].Shape[axis];
        if (!Probe.IsSmall(Grid.Count(knownDims)) || !Probe.IsSmall(Grid.Count(contentDims)))
        {
            return;
        }

        var known = new bool[Grid.Count(knownDims)];
        var content = new Tensor(node.Outputs[0].Type, new Shape(contentDims));
        int start = 0;
        foreach (ValueFacts input in node.Inputs.Select(i => facts[i!]))
        {
            int size = input.Value.Shape[axis];
            int[] part = (int[])knownDims.Clone(), contentPart = (int[])contentDims.Clone();
            part[axis] = contentPart[axis] = size;
            Put(input.Known.Expand(part), known, part, knownDims, axis, start, 1);
            if (input.Content is not null)
            {
                Put(TensorSlices.Expand(input.Content, contentPart).Bytes, content.Bytes, contentPart, contentDims, axis, start, content.Type.Size());
            }

            start += size;
        }

        facts[node.Outputs[0]].Learn(new Mask(knownDims, known), content);
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        int axis = axisOf(node), start = 0;
        Mask needed = facts[node.Outputs[0]].Needed;
        foreach (Value? input in node.Inputs)
        {
            int size = input!.Shape[axis];
            facts[input].AddRead(AxisMap.Take(needed, axis, Enumerable.Range(start, size).ToArray()));
            start += size;
        }
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        int axis = axisOf(node), start = 0;
        int[]?[] slices = pruner.Slices(node);
        var parts = new List<Value>();
        foreach (Value? input in node.Inputs)
        {
            int[]?[] part = (int[]?[])slices.Clone();
            int first = start, size = input!.Shape[axis];
            start += size;
            int[]? own = slices[axis]?.Where(s => s >= first && s < first + size).Select(s => s - first).ToArray();
            part[axis] = own?.Length == size ? null : own;
            if (own is not { Length: 0 })
            {
                parts.Add(pruner.Fit(input, part));
            }
        }

        if (parts.Count == 1)
        {
            pruner.Set(node.Outputs[0], parts[0], slices);
        }
        else
        {
            pruner.Emit(node, [.. parts], slices);
        }
    }

    private static void Put<T>(T[] from, T[] to, int[] part, int[] whole, int axis, int start, int elementSize)
    {
        int inner = Grid.Count(part.AsSpan(axis + 1)) * elementSize, outer = Grid.Count(part.AsSpan(0, axis));
        for (int o = 0; o < outer; o++)
        {
            Array.Copy(from, o * part[axis] * inner, to, ((o * whole[axis]) + start) * inner, part[axis] * inner);
        }
    }
}
