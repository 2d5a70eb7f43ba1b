using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Facts under a selection of slices.</summary>
internal static class AxisMap
{
    /// <summary>The answers for slices of an axis that are listed; -1 stands for "no".</summary>
    public static Mask Take(Mask mask, int axis, int[] slices)
    {
        int[] dims = mask.Dims.ToArray();
        if (dims[axis] == 1 && Array.TrueForAll(slices, s => s >= 0))
        {
            return mask;
        }

        int outer = Grid.Count(dims.AsSpan(0, axis)), size = dims[axis], inner = Grid.Count(dims.AsSpan(axis + 1));
        var bits = new bool[outer * slices.Length * inner];
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < slices.Length; i++)
            {
                if (slices[i] >= 0)
                {
                    mask.Bits.Slice(((o * size) + (size == 1 ? 0 : slices[i])) * inner, inner).CopyTo(bits.AsSpan(((o * slices.Length) + i) * inner));
                }
            }
        }

        dims[axis] = slices.Length;
        return new Mask(dims, bits);
    }

    /// <summary>The reverse: slice i of the mask belongs to slice slices[i] of an axis of <paramref name="size"/>; several may.</summary>
    public static Mask Put(Mask mask, int axis, int[] slices, int size)
    {
        int[] dims = mask.Dims.ToArray(), full = (int[])dims.Clone(), result = (int[])dims.Clone();
        full[axis] = slices.Length;
        result[axis] = size;
        bool[] from = mask.Expand(full), bits = new bool[Grid.Count(result)];
        int outer = Grid.Count(dims.AsSpan(0, axis)), inner = Grid.Count(dims.AsSpan(axis + 1));
        for (int o = 0; o < outer; o++)
        {
            for (int i = 0; i < slices.Length; i++)
            {
                for (int k = 0; k < inner && slices[i] >= 0; k++)
                {
                    bits[(((o * size) + slices[i]) * inner) + k] |= from[(((o * slices.Length) + i) * inner) + k];
                }
            }
        }

        return new Mask(result, bits);
    }
}
