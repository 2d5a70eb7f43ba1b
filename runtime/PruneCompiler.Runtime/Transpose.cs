// needs: Simd
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Rows become columns, in blocks that stay in registers.</summary>
internal static unsafe class Transpose
{
    /// <summary>to[c, r] = from[r, c].</summary>
    /// <param name="from">The matrix, rows contiguous.</param>
    /// <param name="fromRow">Elements from row to row of <paramref name="from"/>, at least <paramref name="columns"/>.</param>
    /// <param name="to">Receives it; must not overlap.</param>
    /// <param name="toRow">Elements from row to row of <paramref name="to"/>, at least <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of <paramref name="from"/>.</param>
    /// <param name="columns">Columns of <paramref name="from"/>.</param>
    public static void Run(float* from, nint fromRow, float* to, nint toRow, int rows, int columns)
    {
        var r = 0;
        if (rows < 4 || columns < 4)
        {
            Narrow(from, fromRow, to, toRow, rows, columns);
            return;
        }

        if (Avx.IsSupported && toRow > fromRow)
        {
            // Blocks go along the longer stride's rows: lines that lie powers of two apart would push each other out of the cache before they are full.
            var c = 0;
            for (; c <= columns - 8; c += 8)
            {
                for (r = 0; r <= rows - 8; r += 8)
                {
                    Block8(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow);
                }
            }

            r = rows / 8 * 8;
            Scalar(from + c, fromRow, to + (c * toRow), toRow, r, columns - c);
        }
        else if (Avx.IsSupported)
        {
            // In bounds: a block is taken only where 8 rows and 8 columns are left.
            for (; r <= rows - 8; r += 8)
            {
                var c = 0;
                for (; c <= columns - 8; c += 8)
                {
                    Block8(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow);
                }

                Scalar(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow, 8, columns - c);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; r <= rows - 4; r += 4)
            {
                var c = 0;
                for (; c <= columns - 4; c += 4)
                {
                    Block4(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow);
                }

                Scalar(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow, 4, columns - c);
            }
        }

        Scalar(from + (r * fromRow), fromRow, to + r, toRow, rows - r, columns);
    }

    /// <summary>The shorter side in the inner loop: each cache line is fetched once, and three (the channels of a picture) are taken at once.</summary>
    public static void Narrow<T>(T* from, nint fromRow, T* to, nint toRow, int rows, int columns)
        where T : unmanaged
    {
        if (columns == 3)
        {
            for (var r = 0; r < rows; r++, from += fromRow, to++)
            {
                to[0] = from[0];
                to[toRow] = from[1];
                to[2 * toRow] = from[2];
            }
        }
        else if (rows == 3)
        {
            for (var c = 0; c < columns; c++, from++, to += toRow)
            {
                to[0] = from[0];
                to[1] = from[fromRow];
                to[2] = from[2 * fromRow];
            }
        }
        else if (columns < rows)
        {
            Scalar(from, fromRow, to, toRow, rows, columns);
        }
        else
        {
            for (var c = 0; c < columns; c++)
            {
                for (var r = 0; r < rows; r++)
                {
                    to[(c * toRow) + r] = from[(r * fromRow) + c];
                }
            }
        }
    }

    /// <summary>One element at a time.</summary>
    public static void Scalar<T>(T* from, nint fromRow, T* to, nint toRow, int rows, int columns)
        where T : unmanaged
    {
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                to[(c * toRow) + r] = from[(r * fromRow) + c];
            }
        }
    }

    /// <summary>A block of 4 x 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block4(float* from, nint fromRow, float* to, nint toRow)
    {
        Simd.Interleave(*(Vector128<float>*)from, *(Vector128<float>*)(from + (2 * fromRow)), out var a, out var b);
        Simd.Interleave(*(Vector128<float>*)(from + fromRow), *(Vector128<float>*)(from + (3 * fromRow)), out var c, out var d);
        Simd.Interleave(a, c, out var c0, out var c1);
        Simd.Interleave(b, d, out var c2, out var c3);
        *(Vector128<float>*)to = c0;
        *(Vector128<float>*)(to + toRow) = c1;
        *(Vector128<float>*)(to + (2 * toRow)) = c2;
        *(Vector128<float>*)(to + (3 * toRow)) = c3;
    }

    /// <summary>A block of 8 x 8: quarters are brought together by loads, so that shuffles stay within 128-bit halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block8(float* from, nint fromRow, float* to, nint toRow)
    {
        Half8(from, fromRow, to, toRow);
        Half8(from + 4, fromRow, to + (4 * toRow), toRow);
    }

    /// <summary>Four columns of eight rows become four rows of eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half8(float* from, nint fromRow, float* to, nint toRow)
    {
        var upper = from + (4 * fromRow);
        var r0 = Vector256.Create(*(Vector128<float>*)from, *(Vector128<float>*)upper);
        var r1 = Vector256.Create(*(Vector128<float>*)(from + fromRow), *(Vector128<float>*)(upper + fromRow));
        var r2 = Vector256.Create(*(Vector128<float>*)(from + (2 * fromRow)), *(Vector128<float>*)(upper + (2 * fromRow)));
        var r3 = Vector256.Create(*(Vector128<float>*)(from + (3 * fromRow)), *(Vector128<float>*)(upper + (3 * fromRow)));
        var a = Avx.UnpackLow(r0, r2);
        var b = Avx.UnpackHigh(r0, r2);
        var c = Avx.UnpackLow(r1, r3);
        var d = Avx.UnpackHigh(r1, r3);
        *(Vector256<float>*)to = Avx.UnpackLow(a, c);
        *(Vector256<float>*)(to + toRow) = Avx.UnpackHigh(a, c);
        *(Vector256<float>*)(to + (2 * toRow)) = Avx.UnpackLow(b, d);
        *(Vector256<float>*)(to + (3 * toRow)) = Avx.UnpackHigh(b, d);
    }
}
