// needs: Lanes, Panels, GroupTile, SparseQuads
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>
/// Sparse convolution with kernels of several columns on row panels: the taps of each kernel column are summed on vectors as they lie, at 64-byte boundaries, and the sums are
/// shifted by a pixel from column to column, so that no load splits a cache line. Four output channels by up to 4 vectors, as <see cref="SparseQuads"/>.
/// </summary>
/// <remarks>
/// <para>With P(k) the sum of the taps of the column that reads pixel x + k, out(x) is the sum of all P(k)(x + k). Sums begin with the largest k, go one pixel to the left for each
/// column, and back to the right at the end. A row turns around in its vectors: the zeros behind its pixels, at least as many as the columns reach, come back as its padding.</para>
/// <para>Other vectors than 512-bit ones are loaded where the column reads, with no shift.</para>
/// <para>Packed form (little-endian, 4-byte aligned; SparseShiftPacker writes it): <c>int blocks, columns, right, ints, offsets</c>, where <c>right</c> is how far to shift back;
/// then <c>int[ints]</c>: per block <c>origin, members</c>, per member its four output channels, of which the last may be repeated, and for each column its number of steps; then the
/// offsets, ushort [steps][4], padded to 4 bytes, and the float weights [steps][4], in the members' order. Sums pass from block to block through the output.</para>
/// </remarks>
internal static unsafe class SparseShifts
{
    /// <summary>Vectors of a tile: 1, 2 or 4 whole rows of 4, 2 or 1.</summary>
    public const int TileVectors = 4;

    /// <summary>Runs the layer with the widest vectors of the machine.</summary>
    /// <param name="loops">Sizes and steps, in elements. A row's pixels, rounded up to 16, are 16, 32 or 64.</param>
    /// <param name="input">Input origin; tap offsets are relative to it. Must not overlap the output.</param>
    /// <param name="output">Output origin.</param>
    /// <param name="packed">The packed taps.</param>
    /// <param name="epilogue">Bias, residual, bounds, and where channels are stored; without slope.</param>
    public static void Run(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
    {
        if (Lanes512.IsNative)
        {
            Run<Vector512<float>, Lanes512>(loops, input, output, packed, epilogue);
        }
        else if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256>(loops, input, output, packed, epilogue);
        }
        else if (Lanes128.IsNative)
        {
            Run<Vector128<float>, Lanes128>(loops, input, output, packed, epilogue);
        }
        else
        {
            Run<float, Lanes1>(loops, input, output, packed, epilogue);
        }
    }

    /// <summary>Runs the layer with the given vectors.</summary>
    public static void Run<TV, TS>(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int perRow = (loops.Width + TS.Count - 1) / TS.Count, most = Shifts<TV>() ? TileVectors / perRow * perRow : SparseQuads.MostVectors<TV, TS>();
        int total = loops.Rows * perRow;
        PanelVector* vectors = stackalloc PanelVector[TileVectors];
        for (int image = 0; image < loops.Images; image++)
        {
            for (int plane = 0; plane < loops.Planes; plane++)
            {
                for (int start = 0, count; start < total; start += count)
                {
                    count = total - start < most ? total - start : most;
                    Panels.Locate(vectors, start, count, TS.Count, loops, image, plane, input, output, epilogue);
                    Tile<TV, TS>(vectors, count, perRow, packed, epilogue);
                }
            }
        }

        Panels.ClearGaps(loops, TS.Count, output, epilogue.OutputOffset, epilogue.Channels);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Shifts<TV>() => typeof(TV) == typeof(Vector512<float>) && Avx512F.IsSupported;

    // All blocks, hence all output channels, for one tile of pixels.
    private static void Tile<TV, TS>(PanelVector* at, int count, int perRow, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int* header = (int*)packed;
        int blocks = header[0], columns = header[1];
        int* record = header + 5;
        var offsets = (ushort*)(record + header[3]);
        var weights = (float*)((byte*)offsets + (((((nint)header[4]) * sizeof(ushort)) + 3) & -4));
        for (int b = 0; b < blocks; b++)
        {
            int members = record[1];
            var context = new QuadContext(at, count, record + 2, members, record[0], b == 0, b == blocks - 1, epilogue);
            var rows = new ShiftContext { Quad = &context, Offsets = offsets, Weights = weights, Columns = columns, Right = header[2] };
            Rows<TV, TS>(count, perRow, &rows);
            offsets = rows.Offsets;
            weights = rows.Weights;
            record += 2 + (members * (4 + columns));
        }
    }

    private static void Rows<TV, TS>(int count, int perRow, ShiftContext* rows)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        if (!Shifts<TV>())
        {
            switch (count)
            {
                case 4:
                    Rows<TV, TS, Count4, Count0>(rows);
                    break;
                case 3:
                    Rows<TV, TS, Count3, Count0>(rows);
                    break;
                case 2:
                    Rows<TV, TS, Count2, Count0>(rows);
                    break;
                default:
                    Rows<TV, TS, Count1, Count0>(rows);
                    break;
            }

            return;
        }

        switch (count, perRow)
        {
            case (4, 4):
                Rows<TV, TS, Count4, Count4>(rows);
                break;
            case (4, 2):
                Rows<TV, TS, Count4, Count2>(rows);
                break;
            case (2, 2):
                Rows<TV, TS, Count2, Count2>(rows);
                break;
            case (4, 1):
                Rows<TV, TS, Count4, Count1>(rows);
                break;
            case (3, 1):
                Rows<TV, TS, Count3, Count1>(rows);
                break;
            case (2, 1):
                Rows<TV, TS, Count2, Count1>(rows);
                break;
            default:
                Rows<TV, TS, Count1, Count1>(rows);
                break;
        }
    }

    // Four channels side by side over up to 4 vectors, kernel column by kernel column. TP: vectors of a row, 0 where columns are loaded where they read.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TV, TS, TN, TP>(ShiftContext* shifts)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
        where TP : struct, ICount
    {
        QuadContext* rows = shifts->Quad;
        ushort* offsets = shifts->Offsets;
        float* weights = shifts->Weights, in0 = rows->In0, in1 = rows->In1, in2 = rows->In2, in3 = rows->In3;
        for (; rows->Members > 0; rows->Members--, rows->Record += 4 + shifts->Columns)
        {
            // Written out, as in SparseQuads.
            TV a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            TV c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
            if (rows->Bias != null)
            {
                a0 = a1 = a2 = a3 = TS.Broadcast(rows->Bias + rows->Record[0]);
                b0 = b1 = b2 = b3 = TS.Broadcast(rows->Bias + rows->Record[1]);
                c0 = c1 = c2 = c3 = TS.Broadcast(rows->Bias + rows->Record[2]);
                d0 = d1 = d2 = d3 = TS.Broadcast(rows->Bias + rows->Record[3]);
            }

            if (TP.Value == 0)
            {
                nint first = shifts->Columns - 1 - shifts->Right;
                in0 = rows->In0 + first;
                in1 = rows->In1 + first;
                in2 = rows->In2 + first;
                in3 = rows->In3 + first;
            }

            for (int column = 0; ; column++)
            {
                for (float* end = weights + (4 * (nint)rows->Record[4 + column]); weights != end; weights += 4, offsets += 4)
                {
                    ulong four = *(ulong*)offsets;
                    nint x = (nint)(ushort)four;
                    TV w = TS.Broadcast(weights);
                    a0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, a0);
                    a1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, a1) : a1;
                    a2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, a2) : a2;
                    a3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, a3) : a3;
                    x = (nint)(ushort)(four >> 16);
                    w = TS.Broadcast(weights + 1);
                    b0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, b0);
                    b1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, b1) : b1;
                    b2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, b2) : b2;
                    b3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, b3) : b3;
                    x = (nint)(ushort)(four >> 32);
                    w = TS.Broadcast(weights + 2);
                    c0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, c0);
                    c1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, c1) : c1;
                    c2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, c2) : c2;
                    c3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, c3) : c3;
                    x = (nint)(four >> 48);
                    w = TS.Broadcast(weights + 3);
                    d0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, d0);
                    d1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, d1) : d1;
                    d2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, d2) : d2;
                    d3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, d3) : d3;
                }

                if (column == shifts->Columns - 1)
                {
                    break;
                }

                if (TP.Value == 0)
                {
                    in0--;
                    in1--;
                    in2--;
                    in3--;
                    continue;
                }

                Left<TV, TN, TP>(ref a0, ref a1, ref a2, ref a3);
                Left<TV, TN, TP>(ref b0, ref b1, ref b2, ref b3);
                Left<TV, TN, TP>(ref c0, ref c1, ref c2, ref c3);
                Left<TV, TN, TP>(ref d0, ref d1, ref d2, ref d3);
            }

            for (int right = shifts->Right; TP.Value > 0 && right > 0; right--)
            {
                Right<TV, TN, TP>(ref a0, ref a1, ref a2, ref a3);
                Right<TV, TN, TP>(ref b0, ref b1, ref b2, ref b3);
                Right<TV, TN, TP>(ref c0, ref c1, ref c2, ref c3);
                Right<TV, TN, TP>(ref d0, ref d1, ref d2, ref d3);
            }

            TV low = TS.Create(rows->Low);
            SparseQuads.Store<TV, TS, TN>(rows, 0, a0, a1, a2, a3, low);
            if (rows->Record[1] != rows->Record[0])
            {
                SparseQuads.Store<TV, TS, TN>(rows, 1, b0, b1, b2, b3, low);
            }

            if (rows->Record[2] != rows->Record[1])
            {
                SparseQuads.Store<TV, TS, TN>(rows, 2, c0, c1, c2, c3, low);
            }

            if (rows->Record[3] != rows->Record[2])
            {
                SparseQuads.Store<TV, TS, TN>(rows, 3, d0, d1, d2, d3, low);
            }
        }

        shifts->Offsets = offsets;
        shifts->Weights = weights;
    }

    // Each pixel's place takes the sum of the next one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Left<TV, TN, TP>(ref TV v0, ref TV v1, ref TV v2, ref TV v3)
        where TV : unmanaged
        where TN : struct, ICount
        where TP : struct, ICount
    {
        TV first = v0;
        if (TP.Value == 1)
        {
            v0 = Next(v0, v0);
            v1 = TN.Value > 1 ? Next(v1, v1) : v1;
            v2 = TN.Value > 2 ? Next(v2, v2) : v2;
            v3 = TN.Value > 3 ? Next(v3, v3) : v3;
        }
        else if (TP.Value == 2)
        {
            v0 = Next(v0, v1);
            v1 = Next(v1, first);
            first = v2;
            v2 = TN.Value > 2 ? Next(v2, v3) : v2;
            v3 = TN.Value > 2 ? Next(v3, first) : v3;
        }
        else
        {
            v0 = Next(v0, v1);
            v1 = Next(v1, v2);
            v2 = Next(v2, v3);
            v3 = Next(v3, first);
        }
    }

    // Each pixel's place takes the sum of the one before.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Right<TV, TN, TP>(ref TV v0, ref TV v1, ref TV v2, ref TV v3)
        where TV : unmanaged
        where TN : struct, ICount
        where TP : struct, ICount
    {
        TV last = v3;
        if (TP.Value == 1)
        {
            v0 = Before(v0, v0);
            v1 = TN.Value > 1 ? Before(v1, v1) : v1;
            v2 = TN.Value > 2 ? Before(v2, v2) : v2;
            v3 = TN.Value > 3 ? Before(v3, v3) : v3;
        }
        else if (TP.Value == 2)
        {
            v3 = TN.Value > 2 ? Before(v2, v3) : v3;
            v2 = TN.Value > 2 ? Before(last, v2) : v2;
            last = v1;
            v1 = Before(v0, v1);
            v0 = Before(last, v0);
        }
        else
        {
            v3 = Before(v2, v3);
            v2 = Before(v1, v2);
            v1 = Before(v0, v1);
            v0 = Before(last, v0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Next<TV>(TV v, TV behind)
        where TV : unmanaged
        => Unsafe.BitCast<Vector512<int>, TV>(Avx512F.AlignRight32(Unsafe.BitCast<TV, Vector512<int>>(behind), Unsafe.BitCast<TV, Vector512<int>>(v), 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Before<TV>(TV before, TV v)
        where TV : unmanaged
        => Unsafe.BitCast<Vector512<int>, TV>(Avx512F.AlignRight32(Unsafe.BitCast<TV, Vector512<int>>(v), Unsafe.BitCast<TV, Vector512<int>>(before), 15));
}

/// <summary>What the loop over shifted sums needs beside the context of its four channels.</summary>
internal unsafe struct ShiftContext
{
    /// <summary>Addresses, channels, epilogue.</summary>
    public QuadContext* Quad;

    /// <summary>Where the next taps are.</summary>
    public ushort* Offsets;

    /// <summary>Their weights.</summary>
    public float* Weights;

    /// <summary>Kernel columns, and how far the last one lies left of the output pixel.</summary>
    public int Columns, Right;
}
