// needs: Lanes, Panels, GroupTile
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>
/// Sparse convolution in place on affine activations: each output channel, or group of 2, 4 or 8 output channels that share their taps, walks its own
/// list of (offset, weight). Pixels lie in vectors; a zero weight costs nothing.
/// </summary>
/// <remarks>
/// Packed form (little-endian, 4-byte aligned; SparsePacker writes it):
/// <c>int blocks, wide, records, offsets</c>, then <c>int record[records]</c>, the table of <c>offsets</c> entries (ushort, or int if wide; padded to 4 bytes) and
/// the float weights. Records of one block: <c>origin, runs</c>, then per run <c>group, members</c> and per member its
/// <c>group</c> output channels and its number of taps. Offsets and weights follow in the members' order: [taps] and [taps][group].
/// A block is a range of input channels small enough that the part of them under one tile of pixels stays in L1; sums pass from
/// block to block through the output. Single channels are sorted by falling number of taps, so that neighbours pair up.
/// </remarks>
internal static unsafe class SparseRows
{
    /// <summary>Runs the layer with the widest vectors of the machine.</summary>
    /// <param name="loops">Sizes and steps, in elements.</param>
    /// <param name="input">Input origin; tap offsets are relative to it. Must not overlap the output.</param>
    /// <param name="output">Output origin.</param>
    /// <param name="packed">The packed taps.</param>
    /// <param name="epilogue">Bias, residual, activation, and where channels are stored.</param>
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
        if (((int*)packed)[1] != 0)
        {
            Run<TV, TS, int>(loops, input, output, packed, epilogue);
        }
        else
        {
            Run<TV, TS, ushort>(loops, input, output, packed, epilogue);
        }
    }

    private static void Run<TV, TS, TO>(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        int total = Panels.VectorsPerPlane(loops, TS.Count);
        PanelVector* vectors = stackalloc PanelVector[Panels.MaxTile];
        for (int image = 0; image < loops.Images; image++)
        {
            for (int plane = 0; plane < loops.Planes; plane++)
            {
                for (int start = 0, count; start < total; start += count)
                {
                    count = Panels.TileSize(total - start, TileVectors);
                    Panels.Locate(vectors, start, count, TS.Count, loops, image, plane, input, output, epilogue);
                    Tile<TV, TS, TO>(vectors, count, packed, epilogue);
                }
            }
        }

        Panels.ClearGaps(loops, TS.Count, output, epilogue.OutputOffset, epilogue.Channels);
    }

    /// <summary>Vectors in a tile.</summary>
    public static int TileVectors = 4;

    // All blocks, hence all output channels, for one tile of pixels.
    private static void Tile<TV, TS, TO>(PanelVector* at, int count, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        int blocks = ((int*)packed)[0];
        int* record = (int*)packed + 4;
        TO* offsets = (TO*)(record + ((int*)packed)[2]);
        float* weights = (float*)((byte*)offsets + (((((nint)((int*)packed)[3]) * sizeof(TO)) + 3) & -4));
        for (int b = 0; b < blocks; b++)
        {
            int origin = record[0], runs = record[1];
            record += 2;
            for (int r = 0; r < runs; r++)
            {
                int group = record[0], members = record[1];
                record += 2;
                if (group == 1)
                {
                    Singles<TV, TS, TO>(at, count, origin, offsets, weights, record, members, b == 0, b == blocks - 1, epilogue);
                }

                for (int m = 0; m < members; m++)
                {
                    int taps = record[group];
                    if (group > 1)
                    {
                        Group<TV, TS, TO>(at, count, origin, offsets, weights, taps, group, record, b == 0, b == blocks - 1, epilogue);
                    }

                    offsets += taps;
                    weights += (nint)taps * group;
                    record += group + 1;
                }
            }
        }
    }

    private static void Group<TV, TS, TO>(PanelVector* at, int count, nint origin, TO* offsets, float* weights, int taps, int group, int* channels, bool first, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        for (int v = 0, size; v < count; v += size)
        {
            size = Panels.TileSize(count - v, 3);
            GroupTile.Run<TV, TS, TO>(at + v, size, origin, offsets, weights, taps, group, channels, first, last, epilogue);
        }
    }

    private static void Singles<TV, TS, TO>(PanelVector* at, int count, nint origin, TO* offsets, float* weights, int* record, int members, bool first, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        switch (count)
        {
            case 8:
                RowByRow<TV, TS, TO, Count8>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
            case 7:
                RowByRow<TV, TS, TO, Count7>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
            case 6:
                RowByRow<TV, TS, TO, Count6>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
            case 5:
                RowByRow<TV, TS, TO, Count5>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
            case 4:
                Pairs<TV, TS, TO, Count4>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
            case 3:
                Pairs<TV, TS, TO, Count3>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
            case 2:
                Pairs<TV, TS, TO, Count2>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
            default:
                Pairs<TV, TS, TO, Count1>(at, origin, offsets, weights, record, members, first, last, epilogue);
                break;
        }
    }

    // One channel at a time over 5 to 8 vectors: enough accumulators to hide the latency of a multiply-add.
    private static void RowByRow<TV, TS, TO, TN>(PanelVector* at, nint origin, TO* offsets, float* weights, int* record, int members, bool first, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
        where TN : struct, ICount
    {
        float* in0 = at[0].Input + origin, in1 = at[1].Input + origin, in2 = at[2].Input + origin, in3 = at[3].Input + origin, in4 = at[4].Input + origin;
        float* in5 = TN.Value > 5 ? at[5].Input + origin : null;
        float* in6 = TN.Value > 6 ? at[6].Input + origin : null;
        float* in7 = TN.Value > 7 ? at[7].Input + origin : null;
        for (; members > 0; members--, record += 2)
        {
            int o = record[0], taps = record[1];
            TV a0 = Panels.Start<TV, TS>(at, o, first, epilogue), a1 = Panels.Start<TV, TS>(at + 1, o, first, epilogue);
            TV a2 = Panels.Start<TV, TS>(at + 2, o, first, epilogue), a3 = Panels.Start<TV, TS>(at + 3, o, first, epilogue);
            TV a4 = Panels.Start<TV, TS>(at + 4, o, first, epilogue);
            TV a5 = TN.Value > 5 ? Panels.Start<TV, TS>(at + 5, o, first, epilogue) : default;
            TV a6 = TN.Value > 6 ? Panels.Start<TV, TS>(at + 6, o, first, epilogue) : default;
            TV a7 = TN.Value > 7 ? Panels.Start<TV, TS>(at + 7, o, first, epilogue) : default;
            for (nint t = 0; t < taps; t++)
            {
                nint x = GroupTile.Offset(offsets, t);
                TV w = TS.Create(weights[t]);
                a0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, a0);
                a1 = TS.MultiplyAdd(*(TV*)(in1 + x), w, a1);
                a2 = TS.MultiplyAdd(*(TV*)(in2 + x), w, a2);
                a3 = TS.MultiplyAdd(*(TV*)(in3 + x), w, a3);
                a4 = TS.MultiplyAdd(*(TV*)(in4 + x), w, a4);
                a5 = TN.Value > 5 ? TS.MultiplyAdd(*(TV*)(in5 + x), w, a5) : a5;
                a6 = TN.Value > 6 ? TS.MultiplyAdd(*(TV*)(in6 + x), w, a6) : a6;
                a7 = TN.Value > 7 ? TS.MultiplyAdd(*(TV*)(in7 + x), w, a7) : a7;
            }

            offsets += taps;
            weights += taps;
            Panels.Finish<TV, TS>(at, o, a0, last, epilogue);
            Panels.Finish<TV, TS>(at + 1, o, a1, last, epilogue);
            Panels.Finish<TV, TS>(at + 2, o, a2, last, epilogue);
            Panels.Finish<TV, TS>(at + 3, o, a3, last, epilogue);
            Panels.Finish<TV, TS>(at + 4, o, a4, last, epilogue);
            if (TN.Value > 5)
            {
                Panels.Finish<TV, TS>(at + 5, o, a5, last, epilogue);
            }

            if (TN.Value > 6)
            {
                Panels.Finish<TV, TS>(at + 6, o, a6, last, epilogue);
            }

            if (TN.Value > 7)
            {
                Panels.Finish<TV, TS>(at + 7, o, a7, last, epilogue);
            }
        }
    }

    // Two channels side by side over up to 4 vectors: they run together while both have taps, then the longer one alone.
    private static void Pairs<TV, TS, TO, TN>(PanelVector* at, nint origin, TO* offsets, float* weights, int* record, int members, bool first, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
        where TN : struct, ICount
    {
        float* in0 = at[0].Input + origin;
        float* in1 = TN.Value > 1 ? at[1].Input + origin : null;
        float* in2 = TN.Value > 2 ? at[2].Input + origin : null;
        float* in3 = TN.Value > 3 ? at[3].Input + origin : null;
        for (; members > 0; members -= 2, record += 4)
        {
            // Members are sorted by falling number of taps: the second one of a pair is never the longer. A last one alone pairs with nothing.
            int o = record[0], taps = record[1];
            int p = members > 1 ? record[2] : o, both = members > 1 ? record[3] : 0;
            TO* offsets2 = offsets + taps;
            float* weights2 = weights + taps;
            TV b0 = default, b1 = default, b2 = default, b3 = default;
            TV a0 = Panels.Start<TV, TS>(at, o, first, epilogue);
            TV a1 = TN.Value > 1 ? Panels.Start<TV, TS>(at + 1, o, first, epilogue) : default;
            TV a2 = TN.Value > 2 ? Panels.Start<TV, TS>(at + 2, o, first, epilogue) : default;
            TV a3 = TN.Value > 3 ? Panels.Start<TV, TS>(at + 3, o, first, epilogue) : default;
            if (members > 1)
            {
                b0 = Panels.Start<TV, TS>(at, p, first, epilogue);
                b1 = TN.Value > 1 ? Panels.Start<TV, TS>(at + 1, p, first, epilogue) : default;
                b2 = TN.Value > 2 ? Panels.Start<TV, TS>(at + 2, p, first, epilogue) : default;
                b3 = TN.Value > 3 ? Panels.Start<TV, TS>(at + 3, p, first, epilogue) : default;
            }

            nint t = 0;
            for (; t < both; t++)
            {
                nint x = GroupTile.Offset(offsets, t), y = GroupTile.Offset(offsets2, t);
                TV w = TS.Create(weights[t]), u = TS.Create(weights2[t]);
                a0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, a0);
                a1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, a1) : a1;
                a2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, a2) : a2;
                a3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, a3) : a3;
                b0 = TS.MultiplyAdd(*(TV*)(in0 + y), u, b0);
                b1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + y), u, b1) : b1;
                b2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + y), u, b2) : b2;
                b3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + y), u, b3) : b3;
            }

            for (; t < taps; t++)
            {
                nint x = GroupTile.Offset(offsets, t);
                TV w = TS.Create(weights[t]);
                a0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, a0);
                a1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, a1) : a1;
                a2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, a2) : a2;
                a3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, a3) : a3;
            }

            offsets = offsets2 + both;
            weights = weights2 + both;
            FinishRow<TV, TS, TN>(at, o, a0, a1, a2, a3, last, epilogue);
            if (members > 1)
            {
                FinishRow<TV, TS, TN>(at, p, b0, b1, b2, b3, last, epilogue);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishRow<TV, TS, TN>(PanelVector* at, int o, TV a0, TV a1, TV a2, TV a3, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        Panels.Finish<TV, TS>(at, o, a0, last, epilogue);
        if (TN.Value > 1)
        {
            Panels.Finish<TV, TS>(at + 1, o, a1, last, epilogue);
        }

        if (TN.Value > 2)
        {
            Panels.Finish<TV, TS>(at + 2, o, a2, last, epilogue);
        }

        if (TN.Value > 3)
        {
            Panels.Finish<TV, TS>(at + 3, o, a3, last, epilogue);
        }
    }
}
