// needs: Blocks, Indices, Gathering
using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>What scattering does with the element that is there.</summary>
internal enum ScatterMode
{
    /// <summary>Replaces it.</summary>
    None,

    /// <summary>Adds to it.</summary>
    Add,

    /// <summary>Multiplies it.</summary>
    Mul,

    /// <summary>Keeps the smaller.</summary>
    Min,

    /// <summary>Keeps the larger.</summary>
    Max,
}

/// <summary>Writes by index (ONNX ScatterElements, ScatterND, Scatter). The output starts as a copy of the data. Every index is checked.</summary>
internal static unsafe class Scattering
{
    /// <summary>output[.., indices[..], ..] = updates[..] at the axis, for any element type.</summary>
    /// <param name="data">Contiguous.</param>
    /// <param name="indices">int32 or int64, of the updates' shape.</param>
    /// <param name="updates">Contiguous.</param>
    /// <param name="output">Of the data's shape.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="indexSize">Bytes of an index.</param>
    /// <param name="dataShape">Sizes of data and output.</param>
    /// <param name="updateShape">Sizes of indices and updates.</param>
    /// <param name="axis">The axis.</param>
    /// <exception cref="ArgumentException">An index is outside of the axis.</exception>
    public static void Elements(void* data, void* indices, void* updates, void* output, int size, int indexSize, ReadOnlySpan<int> dataShape, ReadOnlySpan<int> updateShape, int axis)
    {
        Start(data, output, size, dataShape);
        var walk = new ElementWalk(dataShape, updateShape, axis, stackalloc int[updateShape.Length]);
        for (long i = 0; i < walk.Count; i++)
        {
            long at = walk.Base + (Indices.Read(indices, indexSize, i, dataShape[axis], axis) * walk.AxisStride);
            Blocks.Copy((byte*)updates + (i * size), (byte*)output + (at * size), size);
            walk.Next();
        }
    }

    /// <summary>Like <see cref="Elements"/>, combining what is there with the update; repeated indices all count.</summary>
    /// <exception cref="ArgumentException">An index is outside of the axis.</exception>
    public static void FoldElements<T>(T* data, void* indices, T* updates, T* output, int indexSize, ReadOnlySpan<int> dataShape, ReadOnlySpan<int> updateShape, int axis, ScatterMode mode)
        where T : unmanaged, INumber<T>
    {
        Start(data, output, sizeof(T), dataShape);
        var walk = new ElementWalk(dataShape, updateShape, axis, stackalloc int[updateShape.Length]);
        for (long i = 0; i < walk.Count; i++)
        {
            T* at = output + walk.Base + (Indices.Read(indices, indexSize, i, dataShape[axis], axis) * walk.AxisStride);
            *at = Fold(*at, updates[i], mode);
            walk.Next();
        }
    }

    /// <summary>Each tuple of indices names a block that its update replaces.</summary>
    /// <param name="data">[dims.., block], contiguous, any element type.</param>
    /// <param name="indices">[count, dims.Length] of int64.</param>
    /// <param name="updates">[count, block].</param>
    /// <param name="output">Of the data's shape.</param>
    /// <param name="count">Number of tuples.</param>
    /// <param name="dims">Sizes of the indexed axes.</param>
    /// <param name="blockBytes">Bytes of a block.</param>
    /// <exception cref="ArgumentException">An index is outside of its axis.</exception>
    public static void Tuples(void* data, long* indices, void* updates, void* output, long count, ReadOnlySpan<int> dims, long blockBytes)
    {
        long bytes = blockBytes;
        foreach (int d in dims)
        {
            bytes *= d;
        }

        Buffer.MemoryCopy(data, output, bytes, bytes);
        for (long j = 0; j < count; j++)
        {
            Blocks.Copy((byte*)updates + (j * blockBytes), (byte*)output + (Gathering.Offset(indices + (j * dims.Length), dims) * blockBytes), blockBytes);
        }
    }

    /// <summary>Like <see cref="Tuples"/>, combining what is there with the update; repeated tuples all count.</summary>
    /// <param name="data">[dims.., block], contiguous.</param>
    /// <param name="indices">[count, dims.Length] of int64.</param>
    /// <param name="updates">[count, block].</param>
    /// <param name="output">Of the data's shape.</param>
    /// <param name="count">Number of tuples.</param>
    /// <param name="dims">Sizes of the indexed axes.</param>
    /// <param name="block">Elements of a block.</param>
    /// <param name="mode">How to combine.</param>
    /// <exception cref="ArgumentException">An index is outside of its axis.</exception>
    public static void FoldTuples<T>(T* data, long* indices, T* updates, T* output, long count, ReadOnlySpan<int> dims, long block, ScatterMode mode)
        where T : unmanaged, INumber<T>
    {
        Start(data, output, checked((int)(block * sizeof(T))), dims);
        for (long j = 0; j < count; j++)
        {
            T* at = output + (Gathering.Offset(indices + (j * dims.Length), dims) * block);
            for (long i = 0; i < block; i++)
            {
                at[i] = Fold(at[i], updates[(j * block) + i], mode);
            }
        }
    }

    private static void Start(void* data, void* output, int size, ReadOnlySpan<int> shape)
    {
        long bytes = size;
        foreach (int d in shape)
        {
            bytes *= d;
        }

        Buffer.MemoryCopy(data, output, bytes, bytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Fold<T>(T old, T update, ScatterMode mode)
        where T : unmanaged, INumber<T> => mode switch
        {
            ScatterMode.Add => old + update,
            ScatterMode.Mul => old * update,
            ScatterMode.Min => T.Min(old, update),
            ScatterMode.Max => T.Max(old, update),
            _ => update,
        };
}
