using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Picking and spreading elements of tensors of any type.</summary>
internal static class TensorSlices
{
    /// <summary>Elements by their row-major indices; -1 gives zero.</summary>
    public static Tensor Pick(Tensor from, ReadOnlySpan<int> dims, ReadOnlySpan<int> indices)
    {
        int size = from.Type.Size();
        var bytes = new byte[checked(indices.Length * size)];
        for (int i = 0; i < indices.Length; i++)
        {
            if (indices[i] >= 0)
            {
                from.Bytes.AsSpan(indices[i] * size, size).CopyTo(bytes.AsSpan(i * size));
            }
        }

        return new Tensor(from.Type, new Shape(dims), bytes);
    }

    /// <summary>Numpy broadcasting to larger dimensions.</summary>
    public static Tensor Expand(Tensor from, ReadOnlySpan<int> to)
    {
        int[] dims = Grid.PadLeft(from.Shape.Dims, to.Length);
        return to.SequenceEqual(dims) ? from.Reshaped(new Shape(to)) : Pick(from, to, Grid.Broadcast(dims, to));
    }

    /// <summary>The slices of an axis that are listed, in that order. An axis of size 1 stays (it stands for equal slices).</summary>
    public static Tensor Take(Tensor from, int axis, int[]? slices)
    {
        if (slices is null || (from.Shape[axis] == 1 && !(slices is [0])))
        {
            return from;
        }

        ReadOnlySpan<int> dims = from.Shape.Dims;
        int outer = Grid.Count(dims[..axis]), size = dims[axis], inner = Grid.Count(dims[(axis + 1)..]) * from.Type.Size();
        var bytes = new byte[outer * slices.Length * inner];
        int to = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (int slice in slices)
            {
                from.Bytes.AsSpan(((o * size) + slice) * inner, inner).CopyTo(bytes.AsSpan(to));
                to += inner;
            }
        }

        return new Tensor(from.Type, from.Shape.With(axis, slices.Length), bytes);
    }

    /// <summary>Shrinks to size 1 each axis along which the content repeats, bit for bit.</summary>
    public static Tensor Compress(Tensor tensor)
    {
        for (int a = 0; a < tensor.Shape.Rank; a++)
        {
            if (tensor.Shape[a] > 1 && Repeats(tensor, a))
            {
                tensor = Take(tensor, a, [0]);
            }
        }

        return tensor;
    }

    /// <summary>For each element: is it zero? (-0 is; a float that is not a number is not.)</summary>
    public static bool[] Zeros(Tensor tensor)
    {
        var result = new bool[tensor.Count];
        if (tensor.Type == ElementType.Float32)
        {
            ReadOnlySpan<float> values = tensor.As<float>();
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = values[i] == 0;
            }
        }
        else
        {
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = IsZero(tensor, i);
            }
        }

        return result;
    }

    private static bool IsZero(Tensor tensor, int index)
    {
        int size = tensor.Type.Size();
        return tensor.Bytes.AsSpan(index * size, size).IndexOfAnyExcept((byte)0) < 0
            || (tensor.Type is ElementType.Float16 or ElementType.BFloat16 or ElementType.Float64 && tensor.GetDouble(index) == 0);
    }

    private static bool Repeats(Tensor tensor, int axis)
    {
        int size = tensor.Shape[axis], inner = Grid.Count(tensor.Shape.Dims[(axis + 1)..]) * tensor.Type.Size();
        for (int at = 0; at < tensor.Bytes.Length; at += size * inner)
        {
            ReadOnlySpan<byte> first = tensor.Bytes.AsSpan(at, inner);
            for (int i = 1; i < size; i++)
            {
                if (!first.SequenceEqual(tensor.Bytes.AsSpan(at + (i * inner), inner)))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
