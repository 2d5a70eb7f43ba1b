using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>A strided look at memory: element (i0, i1, ...) is at Offset + i0 * Strides[0] + i1 * Strides[1] + ...</summary>
/// <remarks>Operators that only rearrange describe their result with it; the reference reads tensors through it, the lowering turns it into storage.</remarks>
/// <param name="Shape">Dimensions of the result.</param>
/// <param name="Offset">Elements from the start of the memory to element (0, 0, ...).</param>
/// <param name="Strides">Elements between neighbours, per axis; 0 repeats, negative runs backwards.</param>
public sealed record View(Shape Shape, long Offset, long[] Strides)
{
    /// <summary>All of a row-major tensor.</summary>
    public static View Of(Shape shape) => new(shape, 0, Array.ConvertAll(shape.Strides(), s => (long)s));

    /// <summary>All of a storage, relative to its place.</summary>
    public static View Of(Storage storage) => new(storage.Shape, 0, storage.Strides);

    /// <summary>True when vectors can be read through it at full speed: nothing runs backwards, and the innermost axis is contiguous or repeats one element.</summary>
    public bool IsCheap
    {
        get
        {
            int last = -1;
            for (int i = 0; i < Strides.Length; i++)
            {
                if (Shape[i] != 1)
                {
                    last = i;
                }

                if (Shape[i] > 1 && Strides[i] < 0)
                {
                    return false;
                }
            }

            return last < 0 || Strides[last] is 0 or 1;
        }
    }

    /// <summary>True when the channels of a pixel lie side by side (the second of three or four axes is contiguous) and nothing runs backwards: the kernels of 8-bit layers read that at full speed.</summary>
    public bool HasPixels => Shape.Rank is 3 or 4 && Strides[1] == 1 && Strides.All(s => s >= 0);

    /// <summary>Axis i of the result is axis perm[i] of this.</summary>
    public View Transpose(ReadOnlySpan<int> perm)
    {
        var dims = new int[perm.Length];
        var strides = new long[perm.Length];
        for (int i = 0; i < perm.Length; i++)
        {
            dims[i] = Shape[perm[i]];
            strides[i] = Strides[perm[i]];
        }

        return new View(new Shape(dims), Offset, strides);
    }

    /// <summary>Elements start, start + step, ... of one axis, <paramref name="count"/> of them.</summary>
    public View Slice(int axis, long start, long step, int count)
    {
        long[] strides = [.. Strides];
        strides[axis] *= step;
        return new View(Shape.With(axis, count), count == 0 ? Offset : Offset + (start * Strides[axis]), strides);
    }

    /// <summary>Numpy broadcasting to a larger shape.</summary>
    public View Broadcast(Shape target)
    {
        var strides = new long[target.Rank];
        int lead = target.Rank - Shape.Rank;
        for (int i = lead; i < target.Rank; i++)
        {
            strides[i] = Shape[i - lead] == 1 ? 0 : Strides[i - lead];
        }

        return new View(target, Offset, strides);
    }

    /// <summary>One axis as several, outermost first; the product of <paramref name="parts"/> is its size.</summary>
    public View SplitAxis(int axis, params ReadOnlySpan<int> parts)
    {
        var dims = new List<int>(Shape.Dims.ToArray());
        var strides = new List<long>(Strides);
        long stride = strides[axis];
        dims.RemoveAt(axis);
        strides.RemoveAt(axis);
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            dims.Insert(axis, parts[i]);
            strides.Insert(axis, stride);
            stride *= parts[i];
        }

        return new View(new Shape(dims.ToArray()), Offset, [.. strides]);
    }

    /// <summary>A new axis of one size that repeats the elements.</summary>
    public View RepeatAxis(int axis, int count)
    {
        int[] dims = Shape.Dims.ToArray();
        return new View(new Shape([.. dims[..axis], count, .. dims[axis..]]), Offset, [.. Strides[..axis], 0, .. Strides[axis..]]);
    }

    /// <summary>The same elements in row-major order under another shape of the same count; null when strides cannot express it.</summary>
    public View? Reshape(Shape target)
    {
        if (Shape.Count == 0)
        {
            return new View(target, Offset, new long[target.Rank]);
        }

        // Runs of axes that lie like one axis can be divided anew; each target axis has to fall into one run.
        List<(long Count, long Stride)> runs = Runs();
        var strides = new long[target.Rank];
        int run = runs.Count - 1;
        long left = run >= 0 ? runs[run].Count : 1, stride = run >= 0 ? runs[run].Stride : 0;
        for (int i = target.Rank - 1; i >= 0; i--)
        {
            int size = target[i];
            if (size == 1)
            {
                continue;
            }

            if (left == 1)
            {
                run--;
                (left, stride) = runs[run];
            }

            if (left % size != 0)
            {
                return null;
            }

            strides[i] = stride;
            left /= size;
            stride *= size;
        }

        return new View(target, Offset, strides);
    }

    /// <summary>The storage that is this look at <paramref name="storage"/>, whose strides it was made from.</summary>
    public Storage On(Storage storage) => new(storage.Type, Shape, storage.At(Offset), Strides);

    /// <summary>Copies what is seen into a new row-major tensor.</summary>
    public Tensor Read(Tensor source)
    {
        var result = new Tensor(source.Type, Shape);
        Copy(source, this, result, Of(Shape));
        return result;
    }

    /// <summary>Copies element by element from one look to another of the same shape.</summary>
    public static void Copy(Tensor source, View from, Tensor target, View to)
    {
        int size = source.Type.Size(), rank = from.Shape.Rank;
        if (from.Shape.Count == 0)
        {
            return;
        }

        var index = new int[rank];
        long read = from.Offset, write = to.Offset;
        while (true)
        {
            source.Bytes.AsSpan(checked((int)(read * size)), size).CopyTo(target.Bytes.AsSpan(checked((int)(write * size)), size));
            int axis = rank - 1;
            for (; axis >= 0; axis--)
            {
                read += from.Strides[axis];
                write += to.Strides[axis];
                if (++index[axis] < from.Shape[axis])
                {
                    break;
                }

                read -= from.Strides[axis] * index[axis];
                write -= to.Strides[axis] * index[axis];
                index[axis] = 0;
            }

            if (axis < 0)
            {
                return;
            }
        }
    }

    private List<(long Count, long Stride)> Runs()
    {
        var runs = new List<(long Count, long Stride)>();
        for (int i = 0; i < Shape.Rank; i++)
        {
            if (Shape[i] == 1)
            {
                continue;
            }

            if (runs.Count > 0 && runs[^1].Stride == Strides[i] * Shape[i])
            {
                runs[^1] = (runs[^1].Count * Shape[i], Strides[i]);
            }
            else
            {
                runs.Add((Shape[i], Strides[i]));
            }
        }

        return runs;
    }
}
