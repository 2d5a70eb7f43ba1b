// needs: Blocks
using System;

namespace PruneCompiler.Runtime;

/// <summary>Operators that keep what a condition selects (ONNX NonZero, Compress).</summary>
internal static unsafe class Selecting
{
    /// <summary>The indices of the elements that are not zero, in row-major order.</summary>
    /// <param name="input">Row-major.</param>
    /// <param name="output">[axes, elements]: column j holds the indices of the j-th such element; columns behind the last are zero.</param>
    /// <param name="count">Receives the number of columns.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="isFloat">True for types with a sign bit that does not matter.</param>
    /// <param name="shape">Sizes of the input.</param>
    public static void NonZero(void* input, long* output, long* count, int size, bool isFloat, ReadOnlySpan<int> shape)
    {
        long elements = 1;
        foreach (int d in shape)
        {
            elements *= d;
        }

        Blocks.Clear(output, elements * Math.Max(1, shape.Length) * sizeof(long));
        long found = 0;
        for (long i = 0; i < elements; i++)
        {
            ulong bits = size switch { 1 => ((byte*)input)[i], 2 => ((ushort*)input)[i], 4 => ((uint*)input)[i], _ => ((ulong*)input)[i] };
            if (isFloat)
            {
                bits <<= 65 - (8 * size); // without the sign: -0 is zero
            }

            if (bits == 0)
            {
                continue;
            }

            long rest = i;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                output[(axis * elements) + found] = rest % shape[axis];
                rest /= shape[axis];
            }

            found++;
        }

        *count = found;
    }

    /// <summary>Keeps the slices for which the condition holds.</summary>
    /// <param name="input">[outer, length, block], any element type.</param>
    /// <param name="condition">conditions bools, at most length.</param>
    /// <param name="output">[outer, conditions, block]; slices behind the last are zero.</param>
    /// <param name="count">Receives the number of slices kept.</param>
    /// <param name="outer">Product of the axes before.</param>
    /// <param name="length">Elements of the axis.</param>
    /// <param name="conditions">Bools in the condition.</param>
    /// <param name="blockBytes">Bytes of a block.</param>
    /// <param name="room">Slices in the output.</param>
    public static void Compress(void* input, bool* condition, void* output, long* count, long outer, long length, long conditions, long blockBytes, long room)
    {
        byte* from = (byte*)input, to = (byte*)output;
        *count = 0;
        for (long o = 0; o < outer; o++)
        {
            long kept = 0;
            for (long i = 0; i < conditions; i++)
            {
                if (condition[i])
                {
                    Blocks.Copy(from + (i * blockBytes), to + (kept++ * blockBytes), blockBytes);
                }
            }

            *count = kept;
            Blocks.Clear(to + (kept * blockBytes), (room - kept) * blockBytes);
            from += length * blockBytes;
            to += room * blockBytes;
        }
    }
}
