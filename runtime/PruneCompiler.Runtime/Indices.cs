using System;

namespace PruneCompiler.Runtime;

/// <summary>Reads indices that come with the data, and never lets one leave its axis.</summary>
internal static unsafe class Indices
{
    /// <summary>Element <paramref name="at"/> of a list of int32 or int64, wrapped when it is negative.</summary>
    /// <param name="indices">The list.</param>
    /// <param name="size">Bytes of an index: 4 or 8.</param>
    /// <param name="at">Which one.</param>
    /// <param name="limit">Elements of the axis.</param>
    /// <param name="axis">For the message.</param>
    /// <exception cref="ArgumentException">The index is outside of [-limit, limit).</exception>
    public static long Read(void* indices, int size, long at, long limit, int axis)
    {
        long index = Raw(indices, size, at);
        long wrapped = index < 0 ? index + limit : index;
        if ((ulong)wrapped >= (ulong)limit)
        {
            Refuse(index, at, limit, axis);
        }

        return wrapped;
    }

    /// <summary>Element <paramref name="at"/> as it is.</summary>
    public static long Raw(void* indices, int size, long at) => size == 8 ? ((long*)indices)[at] : ((int*)indices)[at];

    private static void Refuse(long index, long at, long limit, int axis) =>
        throw new ArgumentException($"Index {index} (element {at} of the indices) is outside of axis {axis}, which has {limit} elements.");
}
