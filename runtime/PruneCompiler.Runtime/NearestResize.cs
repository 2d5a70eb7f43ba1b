// needs: Blocks
using System;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>Resizing by picking elements, for any number of axes and any element type (ONNX Resize and Upsample, mode nearest).</summary>
internal static unsafe class NearestResize
{
    /// <summary>Element (i, j, ...) of the output is the input's element (table0[i], table1[j], ...).</summary>
    /// <param name="input">Row-major.</param>
    /// <param name="output">Row-major.</param>
    /// <param name="outside">The element that stands where a table says -1.</param>
    /// <param name="tables">For each axis, one after the other, the source of each output index: within the input's axis, or -1.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="inputShape">Sizes of the input.</param>
    /// <param name="outputShape">Sizes of the output.</param>
    public static void Run(void* input, void* output, void* outside, int* tables, int size, ReadOnlySpan<int> inputShape, ReadOnlySpan<int> outputShape)
    {
        long read = size, write = size;
        int last = 0;
        for (int i = 0; i < inputShape.Length; i++)
        {
            read *= inputShape[i];
            write *= outputShape[i];
            last += i < inputShape.Length - 1 ? outputShape[i] : 0;
        }

        if (read == 0 || write == 0)
        {
            return;
        }

        if (inputShape.Length == 0)
        {
            Blocks.Copy((byte*)input, (byte*)output, size);
            return;
        }

        Axis((byte*)input, read, (byte*)output, write, (byte*)outside, tables, size, inputShape, outputShape, size == 4 && Doubles(tables + last, outputShape[^1]));
    }

    private static void Axis(byte* input, long inputBytes, byte* output, long outputBytes, byte* outside, int* table, int size, ReadOnlySpan<int> inputShape, ReadOnlySpan<int> outputShape, bool doubles)
    {
        int count = outputShape[0];
        if (inputShape.Length == 1)
        {
            Row(input, output, outside, table, size, count, doubles);
            return;
        }

        long read = inputBytes / inputShape[0], write = outputBytes / count;
        for (int i = 0; i < count; i++, output += write)
        {
            if (table[i] < 0)
            {
                Fill(output, write, outside, size);
            }
            else if (i > 0 && table[i] == table[i - 1])
            {
                Blocks.Copy(output - write, output, write); // the same slab again
            }
            else
            {
                Axis(input + (table[i] * read), read, output, write, outside, table + count, size, inputShape[1..], outputShape[1..], doubles);
            }
        }
    }

    private static void Row(byte* input, byte* output, byte* outside, int* table, int size, int count, bool doubles)
    {
        int i = 0;
        if (doubles)
        {
            // Each 32-bit element twice: widened to 64 bits, then its copy put into the upper half. Reads elements i / 2 .. i / 2 + 7, of which there are count / 2.
            uint* from = (uint*)input, to = (uint*)output;
            for (; i <= count - 16; i += 16)
            {
                Vector256<uint> x = Vector256.Load(from + (i / 2));
                Vector256<ulong> lower = Vector256.WidenLower(x), upper = Vector256.WidenUpper(x);
                (lower | (lower << 32)).AsUInt32().Store(to + i);
                (upper | (upper << 32)).AsUInt32().Store(to + i + 8);
            }
        }

        if (size == 4)
        {
            for (; i < count; i++)
            {
                ((uint*)output)[i] = table[i] < 0 ? *(uint*)outside : ((uint*)input)[table[i]];
            }

            return;
        }

        for (; i < count; i++)
        {
            Blocks.Copy(table[i] < 0 ? outside : input + ((long)table[i] * size), output + ((long)i * size), size);
        }
    }

    private static void Fill(byte* output, long bytes, byte* element, int size)
    {
        for (long i = 0; i < bytes; i += size)
        {
            Blocks.Copy(element, output + i, size);
        }
    }

    private static bool Doubles(int* table, int count)
    {
        for (int i = 0; i < count; i++)
        {
            if (table[i] != i / 2)
            {
                return false;
            }
        }

        return count % 2 == 0;
    }
}
