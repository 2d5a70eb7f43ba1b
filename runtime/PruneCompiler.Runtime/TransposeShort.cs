// needs: Transpose
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Rows become columns for elements of one and two bytes, in blocks that stay in registers.</summary>
internal static unsafe class TransposeShort
{
    private const int Block = 8;

    private static bool HasInterleave => Sse2.IsSupported || AdvSimd.Arm64.IsSupported;

    /// <summary>to[c, r] = from[r, c].</summary>
    /// <param name="from">The matrix, rows contiguous.</param>
    /// <param name="fromRow">Elements from row to row of <paramref name="from"/>, at least <paramref name="columns"/>.</param>
    /// <param name="to">Receives it; must not overlap.</param>
    /// <param name="toRow">Elements from row to row of <paramref name="to"/>, at least <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of <paramref name="from"/>.</param>
    /// <param name="columns">Columns of <paramref name="from"/>.</param>
    public static void Run(byte* from, nint fromRow, byte* to, nint toRow, int rows, int columns)
    {
        if (!HasInterleave || rows < 2 * Block || columns < Block)
        {
            Transpose.Narrow(from, fromRow, to, toRow, rows, columns);
            return;
        }

        // In bounds: a block is taken only where 16 rows and 8 columns are left.
        var c = 0;
        for (; c <= columns - Block; c += Block)
        {
            var r = 0;
            for (; r <= rows - (2 * Block); r += 2 * Block)
            {
                Bytes16(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow);
            }

            Transpose.Scalar(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow, rows - r, Block);
        }

        Transpose.Scalar(from + c, fromRow, to + (c * toRow), toRow, rows, columns - c);
    }

    /// <inheritdoc cref="Run(byte*, nint, byte*, nint, int, int)"/>
    public static void Run(ushort* from, nint fromRow, ushort* to, nint toRow, int rows, int columns)
    {
        if (!HasInterleave || rows < Block || columns < Block)
        {
            Transpose.Narrow(from, fromRow, to, toRow, rows, columns);
            return;
        }

        // In bounds: a block is taken only where 8 rows and 8 columns are left.
        var c = 0;
        for (; c <= columns - Block; c += Block)
        {
            var r = 0;
            for (; r <= rows - Block; r += Block)
            {
                Shorts8(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow);
            }

            Transpose.Scalar(from + (r * fromRow) + c, fromRow, to + (c * toRow) + r, toRow, rows - r, Block);
        }

        Transpose.Scalar(from + c, fromRow, to + (c * toRow), toRow, rows, columns - c);
    }

    // 16 rows of 8 bytes. A vector holds 8 bytes each of rows i and i + 8; three rounds of interleaving bring the rows of a column together.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Bytes16(byte* from, nint row, byte* to, nint toRow)
    {
        var lower = from + (8 * row);
        var a0 = Vector128.Create(*(ulong*)from, *(ulong*)lower).AsByte();
        var a1 = Vector128.Create(*(ulong*)(from + row), *(ulong*)(lower + row)).AsByte();
        var a2 = Vector128.Create(*(ulong*)(from + (2 * row)), *(ulong*)(lower + (2 * row))).AsByte();
        var a3 = Vector128.Create(*(ulong*)(from + (3 * row)), *(ulong*)(lower + (3 * row))).AsByte();
        var a4 = Vector128.Create(*(ulong*)(from + (4 * row)), *(ulong*)(lower + (4 * row))).AsByte();
        var a5 = Vector128.Create(*(ulong*)(from + (5 * row)), *(ulong*)(lower + (5 * row))).AsByte();
        var a6 = Vector128.Create(*(ulong*)(from + (6 * row)), *(ulong*)(lower + (6 * row))).AsByte();
        var a7 = Vector128.Create(*(ulong*)(from + (7 * row)), *(ulong*)(lower + (7 * row))).AsByte();
        Interleave(a0, a4, out var b0, out var d0);
        Interleave(a1, a5, out var b1, out var d1);
        Interleave(a2, a6, out var b2, out var d2);
        Interleave(a3, a7, out var b3, out var d3);
        Columns8(b0, b1, b2, b3, out var u0, out var u1, out var u2, out var u3);
        Columns8(d0, d1, d2, d3, out var l0, out var l1, out var l2, out var l3);
        Store(u0, l0, to, toRow);
        Store(u1, l1, to + (2 * toRow), toRow);
        Store(u2, l2, to + (4 * toRow), toRow);
        Store(u3, l3, to + (6 * toRow), toRow);
    }

    // From rows i and i + 4 interleaved to columns 2 i and 2 i + 1, 8 rows each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns8(Vector128<byte> b0, Vector128<byte> b1, Vector128<byte> b2, Vector128<byte> b3, out Vector128<byte> c01, out Vector128<byte> c23, out Vector128<byte> c45, out Vector128<byte> c67)
    {
        Interleave(b0, b2, out var e0, out var e2);
        Interleave(b1, b3, out var e1, out var e3);
        Interleave(e0, e1, out c01, out c23);
        Interleave(e2, e3, out c45, out c67);
    }

    // The 8 upper and 8 lower rows of two columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<byte> upper, Vector128<byte> lower, byte* to, nint toRow)
    {
        Interleave(upper.AsUInt64(), lower.AsUInt64(), out var first, out var second);
        *(Vector128<ulong>*)to = first;
        *(Vector128<ulong>*)(to + toRow) = second;
    }

    // 8 rows of 8 elements, by three rounds of interleaving the upper with the lower half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Shorts8(ushort* from, nint row, ushort* to, nint toRow)
    {
        var lower = from + (4 * row);
        Interleave(*(Vector128<ushort>*)from, *(Vector128<ushort>*)lower, out var a0, out var a1);
        Interleave(*(Vector128<ushort>*)(from + row), *(Vector128<ushort>*)(lower + row), out var a2, out var a3);
        Interleave(*(Vector128<ushort>*)(from + (2 * row)), *(Vector128<ushort>*)(lower + (2 * row)), out var a4, out var a5);
        Interleave(*(Vector128<ushort>*)(from + (3 * row)), *(Vector128<ushort>*)(lower + (3 * row)), out var a6, out var a7);
        Interleave(a0, a4, out var b0, out var b1);
        Interleave(a1, a5, out var b2, out var b3);
        Interleave(a2, a6, out var b4, out var b5);
        Interleave(a3, a7, out var b6, out var b7);
        Pair(b0, b4, to, toRow);
        Pair(b1, b5, to + (2 * toRow), toRow);
        Pair(b2, b6, to + (4 * toRow), toRow);
        Pair(b3, b7, to + (6 * toRow), toRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pair(Vector128<ushort> a, Vector128<ushort> b, ushort* to, nint toRow)
    {
        Interleave(a, b, out var first, out var second);
        *(Vector128<ushort>*)to = first;
        *(Vector128<ushort>*)(to + toRow) = second;
    }

    // a0 b0 a1 b1 ... of the lower halves, and of the upper halves.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(Vector128<byte> a, Vector128<byte> b, out Vector128<byte> low, out Vector128<byte> high)
    {
        low = Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);
        high = Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(Vector128<ushort> a, Vector128<ushort> b, out Vector128<ushort> low, out Vector128<ushort> high)
    {
        low = Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);
        high = Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Interleave(Vector128<ulong> a, Vector128<ulong> b, out Vector128<ulong> low, out Vector128<ulong> high)
    {
        low = Sse2.IsSupported ? Sse2.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);
        high = Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
    }
}
