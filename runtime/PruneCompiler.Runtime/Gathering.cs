// needs: Blocks, Indices
using System;

namespace PruneCompiler.Runtime;

/// <summary>Picks by index (ONNX Gather, GatherElements, GatherND). Every index is checked.</summary>
internal static unsafe class Gathering
{
    /// <summary>output[o, j, i] = data[o, indices[j], i].</summary>
    /// <param name="data">[outer, axisLength, inner], contiguous.</param>
    /// <param name="indices">count int32 or int64; negative ones count from the end.</param>
    /// <param name="output">[outer, count, inner].</param>
    /// <param name="indexSize">Bytes of an index.</param>
    /// <param name="outer">Product of the axes before.</param>
    /// <param name="axisLength">Elements of the axis.</param>
    /// <param name="count">Number of indices.</param>
    /// <param name="blockBytes">Bytes of the inner block.</param>
    /// <param name="axis">For the message.</param>
    /// <exception cref="ArgumentException">An index is outside of the axis.</exception>
    public static void Axis(void* data, void* indices, void* output, int indexSize, long outer, long axisLength, long count, long blockBytes, int axis)
    {
        byte* from = (byte*)data, to = (byte*)output;
        for (long o = 0; o < outer; o++)
        {
            for (long j = 0; j < count; j++)
            {
                Blocks.Copy(from + (Indices.Read(indices, indexSize, j, axisLength, axis) * blockBytes), to, blockBytes);
                to += blockBytes;
            }

            from += axisLength * blockBytes;
        }
    }

    /// <summary>output[i0, .., ik, ..] = data[i0, .., indices[i0, .., ik, ..], ..] at the axis.</summary>
    /// <param name="data">Contiguous.</param>
    /// <param name="indices">int32 or int64, of the output's shape.</param>
    /// <param name="output">Contiguous.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="indexSize">Bytes of an index.</param>
    /// <param name="dataShape">Sizes of the data.</param>
    /// <param name="outputShape">Sizes of the indices and the output; nowhere but at the axis larger than the data's.</param>
    /// <param name="axis">The axis.</param>
    /// <exception cref="ArgumentException">An index is outside of the axis.</exception>
    public static void Elements(void* data, void* indices, void* output, int size, int indexSize, ReadOnlySpan<int> dataShape, ReadOnlySpan<int> outputShape, int axis)
    {
        var walk = new ElementWalk(dataShape, outputShape, axis, stackalloc int[outputShape.Length]);
        byte* to = (byte*)output;
        for (long i = 0; i < walk.Count; i++)
        {
            long at = walk.Base + (Indices.Read(indices, indexSize, i, dataShape[axis], axis) * walk.AxisStride);
            Blocks.Copy((byte*)data + (at * size), to, size);
            to += size;
            walk.Next();
        }
    }

    /// <summary>Each tuple of indices picks a block of the data.</summary>
    /// <param name="data">[batch, dims.., block], contiguous.</param>
    /// <param name="indices">[batch, count, dims.Length] of int64.</param>
    /// <param name="output">[batch, count, block].</param>
    /// <param name="batch">Product of the batch axes.</param>
    /// <param name="count">Tuples for each batch element.</param>
    /// <param name="dims">Sizes of the indexed axes.</param>
    /// <param name="blockBytes">Bytes of a block.</param>
    /// <exception cref="ArgumentException">An index is outside of its axis.</exception>
    public static void Tuples(void* data, long* indices, void* output, long batch, long count, ReadOnlySpan<int> dims, long blockBytes)
    {
        byte* from = (byte*)data, to = (byte*)output;
        long all = 1;
        foreach (int d in dims)
        {
            all *= d;
        }

        for (long b = 0; b < batch; b++)
        {
            for (long j = 0; j < count; j++)
            {
                Blocks.Copy(from + (Offset(indices, dims) * blockBytes), to, blockBytes);
                indices += dims.Length;
                to += blockBytes;
            }

            from += all * blockBytes;
        }
    }

    /// <summary>The place that a tuple of indices names in an array of the sizes <paramref name="dims"/>.</summary>
    public static long Offset(long* tuple, ReadOnlySpan<int> dims)
    {
        long at = 0;
        for (int k = 0; k < dims.Length; k++)
        {
            at = (at * dims[k]) + Indices.Read(tuple, sizeof(long), k, dims[k], k);
        }

        return at;
    }
}

/// <summary>Walks the positions of GatherElements and ScatterElements in row-major order.</summary>
internal ref struct ElementWalk
{
    private readonly ReadOnlySpan<int> dataShape;
    private readonly ReadOnlySpan<int> shape;
    private readonly int axis;
    private readonly Span<int> index;

    /// <summary>Starts at the first position.</summary>
    /// <param name="dataShape">Sizes of the data.</param>
    /// <param name="shape">Sizes of the indices.</param>
    /// <param name="axis">The axis that the indices replace.</param>
    /// <param name="index">Working memory, a zero for each axis.</param>
    public ElementWalk(ReadOnlySpan<int> dataShape, ReadOnlySpan<int> shape, int axis, Span<int> index)
    {
        this.dataShape = dataShape;
        this.shape = shape;
        this.axis = axis;
        this.index = index;
        index.Clear();
        Count = 1;
        AxisStride = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            Count *= shape[i];
            AxisStride *= i > axis ? dataShape[i] : 1;
        }
    }

    /// <summary>Number of positions.</summary>
    public long Count { get; }

    /// <summary>Elements between neighbours of the data along the axis.</summary>
    public long AxisStride { get; }

    /// <summary>Where in the data the position lies whose index along the axis is 0.</summary>
    public long Base { get; private set; }

    /// <summary>Moves on by one.</summary>
    public void Next()
    {
        long stride = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            long step = i == axis ? 0 : stride;
            Base += step;
            if (++index[i] < shape[i])
            {
                return;
            }

            Base -= step * index[i];
            index[i] = 0;
            stride *= dataShape[i];
        }
    }
}
