// needs: Simd, DenseGemm
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Puts the operands of a matrix product into the order in which tiles read them.</summary>
internal static unsafe class DenseGemmPack
{
    /// <summary>Floats of packed B.</summary>
    public static int BFloats(int k, int n) => (n + DenseGemm.PanelWidth - 1) / DenseGemm.PanelWidth * DenseGemm.PanelWidth * k;

    /// <summary>Packs B into panels [n / 16][k][16], the last one filled up with zeros.</summary>
    /// <param name="b">B: element (p, j) at p * <paramref name="bRow"/> + j * <paramref name="bColumn"/>.</param>
    /// <param name="bRow">Elements from row to row of B.</param>
    /// <param name="bColumn">Elements from column to column of B; either stride should be 1.</param>
    /// <param name="k">Rows of B.</param>
    /// <param name="n">Columns of B.</param>
    /// <param name="packed">Receives <see cref="BFloats"/> floats.</param>
    public static void B(float* b, nint bRow, nint bColumn, int k, int n, float* packed)
    {
        for (var j = 0; j < n; j += DenseGemm.PanelWidth)
        {
            Panel(b + (j * bColumn), bRow, bColumn, k, Math.Min(DenseGemm.PanelWidth, n - j), DenseGemm.PanelWidth, 1f, packed);
            packed += (nint)k * DenseGemm.PanelWidth;
        }
    }

    /// <summary>Packs some rows of A, times alpha, into [k][height], rows that do not exist filled with zeros.</summary>
    /// <param name="a">The first row: element (i, p) at i * <paramref name="aRow"/> + p * <paramref name="aColumn"/>.</param>
    /// <param name="aRow">Elements from row to row.</param>
    /// <param name="aColumn">Elements from column to column.</param>
    /// <param name="rows">Rows that exist, at most <paramref name="height"/>.</param>
    /// <param name="height">Rows of the tile.</param>
    /// <param name="k">Columns to pack.</param>
    /// <param name="alpha">Factor.</param>
    /// <param name="packed">Receives k * height floats.</param>
    public static void A(float* a, nint aRow, nint aColumn, int rows, int height, int k, float alpha, float* packed) =>
        Panel(a, aColumn, aRow, k, rows, height, alpha, packed);

    /// <summary>packed[p * width + j] = alpha * from[p * step + j * lane] for j below count, zero up to width.</summary>
    private static void Panel(float* from, nint step, nint lane, int k, int count, int width, float alpha, float* packed)
    {
        var p = 0;
        if (count == width && width % 4 == 0 && Vector128.IsHardwareAccelerated)
        {
            var factor = Vector128.Create(alpha);
            if (lane == 1)
            {
                // In bounds: count = width, a multiple of 4, floats lie together in every row.
                for (; p < k; p++, from += step, packed += width)
                {
                    for (var j = 0; j < width; j += 4)
                    {
                        *(Vector128<float>*)(packed + j) = *(Vector128<float>*)(from + j) * factor;
                    }
                }
            }
            else if (step == 1)
            {
                // Blocks of 8 x 4 and 4 x 4, transposed in registers.
                for (; width == 8 && Avx.IsSupported && p <= k - 4; p += 4, from += 4, packed += 4 * 8)
                {
                    Columns8(from, lane, Vector256.Create(alpha), packed);
                }

                for (; p <= k - 4; p += 4, from += 4, packed += 4 * width)
                {
                    for (var j = 0; j < width; j += 4)
                    {
                        var row = from + (j * lane);
                        Transpose(
                            *(Vector128<float>*)row, *(Vector128<float>*)(row + lane), *(Vector128<float>*)(row + (2 * lane)), *(Vector128<float>*)(row + (3 * lane)),
                            out var c0, out var c1, out var c2, out var c3);
                        *(Vector128<float>*)(packed + j) = c0 * factor;
                        *(Vector128<float>*)(packed + width + j) = c1 * factor;
                        *(Vector128<float>*)(packed + (2 * width) + j) = c2 * factor;
                        *(Vector128<float>*)(packed + (3 * width) + j) = c3 * factor;
                    }
                }
            }
        }

        for (; p < k; p++, from += step, packed += width)
        {
            for (var j = 0; j < count; j++)
            {
                packed[j] = alpha * from[j * lane];
            }

            for (var j = count; j < width; j++)
            {
                packed[j] = 0f;
            }
        }
    }

    /// <summary>Four columns of eight rows: rows 0 to 3 in the lower halves, 4 to 7 in the upper ones, so that nothing crosses the halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns8(float* from, nint lane, Vector256<float> factor, float* packed)
    {
        float* below = from + (4 * lane);
        Vector256<float> r0 = Avx.InsertVector128((*(Vector128<float>*)from).ToVector256Unsafe(), *(Vector128<float>*)below, 1);
        Vector256<float> r1 = Avx.InsertVector128((*(Vector128<float>*)(from + lane)).ToVector256Unsafe(), *(Vector128<float>*)(below + lane), 1);
        Vector256<float> r2 = Avx.InsertVector128((*(Vector128<float>*)(from + (2 * lane))).ToVector256Unsafe(), *(Vector128<float>*)(below + (2 * lane)), 1);
        Vector256<float> r3 = Avx.InsertVector128((*(Vector128<float>*)(from + (3 * lane))).ToVector256Unsafe(), *(Vector128<float>*)(below + (3 * lane)), 1);
        Vector256<float> a = Avx.UnpackLow(r0, r1), b = Avx.UnpackLow(r2, r3), c = Avx.UnpackHigh(r0, r1), d = Avx.UnpackHigh(r2, r3);
        *(Vector256<float>*)packed = Avx.Shuffle(a, b, 0x44) * factor;
        *(Vector256<float>*)(packed + 8) = Avx.Shuffle(a, b, 0xEE) * factor;
        *(Vector256<float>*)(packed + 16) = Avx.Shuffle(c, d, 0x44) * factor;
        *(Vector256<float>*)(packed + 24) = Avx.Shuffle(c, d, 0xEE) * factor;
    }

    /// <summary>Columns of a 4 x 4 block from its rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(
        Vector128<float> r0, Vector128<float> r1, Vector128<float> r2, Vector128<float> r3,
        out Vector128<float> c0, out Vector128<float> c1, out Vector128<float> c2, out Vector128<float> c3)
    {
        Simd.Interleave(r0, r2, out var a, out var b);
        Simd.Interleave(r1, r3, out var c, out var d);
        Simd.Interleave(a, c, out c0, out c1);
        Simd.Interleave(b, d, out c2, out c3);
    }
}
