// needs:
using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>Moves bytes between layouts and fills borders.</summary>
internal static unsafe class ByteRows
{
    /// <summary>Copies [images, channels, height, width] bytes, signed or not, between layouts.</summary>
    /// <param name="x">First element.</param>
    /// <param name="y">First element.</param>
    /// <param name="size">Images, channels, height, width.</param>
    /// <param name="xSteps">Bytes between neighbours of each of the four axes.</param>
    /// <param name="ySteps">The same of the result.</param>
    /// <param name="flip">Bits to invert.</param>
    public static void Move<TFrom, TTo>(TFrom* x, TTo* y, ReadOnlySpan<int> size, ReadOnlySpan<long> xSteps, ReadOnlySpan<long> ySteps, byte flip)
        where TFrom : unmanaged
        where TTo : unmanaged => Move((byte*)x, (byte*)y, size, xSteps, ySteps, flip);

    private static void Move(byte* x, byte* y, ReadOnlySpan<int> size, ReadOnlySpan<long> xSteps, ReadOnlySpan<long> ySteps, byte flip)
    {
        int channels = size[1], width = size[3];
        bool together = xSteps[1] == 1 && ySteps[1] == 1; // channels side by side in both
        bool packed = together && (width == 1 || (xSteps[3] == channels && ySteps[3] == channels));
        for (int n = 0; n < size[0]; n++)
        {
            for (int h = 0; h < size[2]; h++)
            {
                byte* from = x + (n * xSteps[0]) + (h * xSteps[2]), to = y + (n * ySteps[0]) + (h * ySteps[2]);
                if (packed)
                {
                    Row(from, to, channels * width, flip);
                    continue;
                }

                for (int w = 0; together && w < width; w++)
                {
                    Row(from + (w * xSteps[3]), to + (w * ySteps[3]), channels, flip);
                }

                for (int c = 0; !together && c < channels; c++)
                {
                    byte* source = from + (c * xSteps[1]), place = to + (c * ySteps[1]);
                    long xStep = xSteps[3], yStep = ySteps[3];
                    for (int w = 0; w < width; w++, source += xStep, place += yStep)
                    {
                        *place = (byte)(*source ^ flip);
                    }
                }
            }
        }
    }

    /// <summary>Fills what surrounds the pixels of a bordered activation with one value.</summary>
    /// <param name="start">First byte of the border.</param>
    /// <param name="images">Images.</param>
    /// <param name="image">Bytes of an image, its border included.</param>
    /// <param name="lead">Bytes in front of an image's first pixel: the rows above, and the border left of the first row.</param>
    /// <param name="rows">Rows of pixels.</param>
    /// <param name="row">Bytes from row to row.</param>
    /// <param name="pixels">Bytes of a row's pixels.</param>
    /// <param name="value">The zero point.</param>
    public static void FillBorder(byte* start, int images, long image, long lead, int rows, long row, long pixels, byte value)
    {
        for (int n = 0; n < images; n++, start += image)
        {
            byte* at = start;
            Unsafe.InitBlockUnaligned(at, value, (uint)lead);
            at += lead + pixels;
            for (int r = 1; r < rows; r++, at += row)
            {
                Unsafe.InitBlockUnaligned(at, value, (uint)(row - pixels)); // right of one row and left of the next
            }

            Unsafe.InitBlockUnaligned(at, value, (uint)(start + image - at));
        }
    }

    private static void Row(byte* x, byte* y, int count, byte flip)
    {
        int i = 0;
        var bits = new Vector<byte>(flip);
        for (; i <= count - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            *(Vector<byte>*)(y + i) = *(Vector<byte>*)(x + i) ^ bits;
        }

        for (; i < count; i++)
        {
            y[i] = (byte)(x[i] ^ flip);
        }
    }
}
