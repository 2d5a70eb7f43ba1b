using System;

namespace PruneCompiler.Runtime;

/// <summary>Copies scattered slices of one axis: gathers them, or puts them where they belong.</summary>
internal static unsafe class SliceCopy
{
    /// <summary>Slice i goes from <paramref name="fromSlices"/>[i] to <paramref name="toSlices"/>[i] (elements from the first one), for each index of the other axes.</summary>
    /// <param name="from">First element of the source.</param>
    /// <param name="to">First element of the target.</param>
    /// <param name="fromSlices">Where the slices lie in the source.</param>
    /// <param name="toSlices">Where they lie in the target.</param>
    /// <param name="slices">How many.</param>
    /// <param name="size">Sizes of the other axes: three, and the one whose elements are neighbours (or 1).</param>
    /// <param name="fromSteps">Elements from one index of these axes to the next in the source; 0 repeats.</param>
    /// <param name="toSteps">Likewise in the target.</param>
    public static void Run<T>(
        T* from, T* to, int* fromSlices, int* toSlices, int slices, ReadOnlySpan<int> size, ReadOnlySpan<int> fromSteps, ReadOnlySpan<int> toSteps)
        where T : unmanaged
    {
        for (int a = 0; a < size[0]; a++)
        {
            for (int b = 0; b < size[1]; b++)
            {
                for (int c = 0; c < size[2]; c++)
                {
                    T* source = from + ((nint)a * fromSteps[0]) + ((nint)b * fromSteps[1]) + ((nint)c * fromSteps[2]);
                    T* target = to + ((nint)a * toSteps[0]) + ((nint)b * toSteps[1]) + ((nint)c * toSteps[2]);
                    if (size[3] == 1)
                    {
                        for (int i = 0; i < slices; i++)
                        {
                            target[toSlices[i]] = source[fromSlices[i]];
                        }
                    }
                    else
                    {
                        Rows(source, target, fromSlices, toSlices, slices, size[3], fromSteps[3], toSteps[3]);
                    }
                }
            }
        }
    }

    private static void Rows<T>(T* from, T* to, int* fromSlices, int* toSlices, int slices, int length, int fromStep, int toStep)
        where T : unmanaged
    {
        for (int i = 0; i < slices; i++)
        {
            T* source = from + fromSlices[i], target = to + toSlices[i];
            if (fromStep == 1 && toStep == 1)
            {
                new ReadOnlySpan<T>(source, length).CopyTo(new Span<T>(target, length));
            }
            else if (fromStep == 0 && toStep == 1)
            {
                new Span<T>(target, length).Fill(*source);
            }
            else
            {
                for (nint k = 0; k < length; k++)
                {
                    target[k * toStep] = source[k * fromStep];
                }
            }
        }
    }
}
