// needs: Lanes, Panels, GroupTile, SparseQuads
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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
    // Two channels by 4 vectors are 8 accumulators, which hide the latency of a multiply-add; a tile of 4 vectors of some 100 channels fits L1.
    private const int MaxTile = 4;

    // Marks runs of four channels each, with taps of their own but equally many.
    private const int Fours = -4;

    // Rows of few taps write their outputs in no order that the hardware foresees; beyond the second-level cache they are fetched ahead.
    private const long LargeOutput = 512 * 1024;

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
        bool fetch = (long)total * TS.Count * epilogue.Channels * sizeof(float) > LargeOutput;
        PanelVector* vectors = stackalloc PanelVector[MaxTile];
        float* scratch = stackalloc float[GroupTile.ScratchFloats];
        scratch = GroupTile.Align(scratch);
        for (int image = 0; image < loops.Images; image++)
        {
            for (int plane = 0; plane < loops.Planes; plane++)
            {
                for (int start = 0, count; start < total; start += count)
                {
                    count = Panels.TileSize(total - start, MaxTile);
                    Panels.Locate(vectors, start, count, TS.Count, loops, image, plane, input, output, epilogue);
                    Tile<TV, TS, TO>(vectors, count, packed, epilogue, scratch, fetch);
                }
            }
        }

        Panels.ClearGaps(loops, TS.Count, output, epilogue.OutputOffset, epilogue.Channels);
    }

    // All blocks, hence all output channels, for one tile of pixels.
    private static void Tile<TV, TS, TO>(PanelVector* at, int count, byte* packed, in PanelEpilogue epilogue, float* scratch, bool fetch)
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
            nint origin = record[0];
            int runs = record[1];
            record += 2;
            for (int r = 0; r < runs; r++)
            {
                int group = record[0], members = record[1];
                record += 2;
                if (group == Fours)
                {
                    for (int v = 0, size; v < count; v += size)
                    {
                        size = Panels.TileSize(count - v, SparseQuads.MostVectors<TV, TS>());
                        SparseQuads.Run<TV, TS, TO>(at + v, size, record, members, origin, offsets, weights, b == 0, b == blocks - 1, epilogue);
                    }

                    for (; members > 0; members--)
                    {
                        int steps = record[4];
                        offsets += 4 * steps;
                        weights += (nint)4 * steps;
                        record += 5;
                    }

                    continue;
                }

                if (group == 1)
                {
                    var rows = new SparseRowContext(at, record, members, origin, b == 0, b == blocks - 1, fetch && b == 0, epilogue);
                    Singles<TV, TS, TO>(count, offsets, weights, &rows);
                }

                for (int m = 0; m < members; m++)
                {
                    int taps = record[group];
                    if (group > 1)
                    {
                        Group<TV, TS, TO>(at, count, origin, offsets, weights, taps, group, record, b == 0, b == blocks - 1, epilogue, scratch);
                    }

                    offsets += taps;
                    weights += (nint)taps * group;
                    record += group + 1;
                }
            }
        }
    }

    private static void Group<TV, TS, TO>(PanelVector* at, int count, nint origin, TO* offsets, float* weights, int taps, int group, int* channels, bool first, bool last, in PanelEpilogue epilogue, float* scratch)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        for (int v = 0, size; v < count; v += size)
        {
            size = Panels.TileSize(count - v, GroupTile.MostVectors<TV, TS>(group));
            GroupTile.Run<TV, TS, TO>(at + v, size, origin, offsets, weights, taps, group, channels, first, last, epilogue, scratch);
        }
    }

    private static void Singles<TV, TS, TO>(int count, TO* offsets, float* weights, SparseRowContext* rows)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        switch (count)
        {
            case 4:
                Pairs<TV, TS, TO, Count4>(offsets, weights, rows);
                break;
            case 3:
                Pairs<TV, TS, TO, Count3>(offsets, weights, rows);
                break;
            case 2:
                Pairs<TV, TS, TO, Count2>(offsets, weights, rows);
                break;
            default:
                Pairs<TV, TS, TO, Count1>(offsets, weights, rows);
                break;
        }
    }

    // Two channels side by side over up to 4 vectors: they run together while both have taps, then the longer one alone.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pairs<TV, TS, TO, TN>(TO* offsets, float* weights, SparseRowContext* rows)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
        where TN : struct, ICount
    {
        float* in0 = rows->At[0].Input + rows->Origin;
        float* in1 = TN.Value > 1 ? rows->At[1].Input + rows->Origin : null;
        float* in2 = TN.Value > 2 ? rows->At[2].Input + rows->Origin : null;
        float* in3 = TN.Value > 3 ? rows->At[3].Input + rows->Origin : null;
        for (; rows->Members > 0; rows->Members -= 2, rows->Record += 4)
        {
            // Members are sorted by falling number of taps: the second one of a pair is never the longer. A last one alone pairs with nothing.
            rows->Fetch<TN>();
            nint taps = rows->Record[1], both = rows->Members > 1 ? rows->Record[3] : 0;
            TO* offsets2 = offsets + taps;
            float* weights2 = weights + taps;
            TV b0 = default, b1 = default, b2 = default, b3 = default;
            rows->Start<TV, TS, TN>(rows->Record[0], out TV a0, out TV a1, out TV a2, out TV a3);
            if (rows->Members > 1)
            {
                rows->Start<TV, TS, TN>(rows->Record[2], out b0, out b1, out b2, out b3);
            }

            nint t = 0;
            for (; t < both; t++)
            {
                nint x = GroupTile.Offset(offsets, t), y = GroupTile.Offset(offsets2, t);
                TV w = TS.Broadcast(weights + t), u = TS.Broadcast(weights2 + t);
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
                TV w = TS.Broadcast(weights + t);
                a0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, a0);
                a1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, a1) : a1;
                a2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, a2) : a2;
                a3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, a3) : a3;
            }

            offsets = offsets2 + both;
            weights = weights2 + both;
            rows->Finish<TV, TS, TN>(rows->Record[0], a0, a1, a2, a3);
            if (rows->Members > 1)
            {
                rows->Finish<TV, TS, TN>(rows->Record[2], b0, b1, b2, b3);
            }
        }
    }
}

/// <summary>
/// What a loop over sparse rows needs outside its innermost loop. It lives in memory on purpose: registers belong to the innermost loop, and the
/// JIT would give them to these instead.
/// </summary>
internal unsafe struct SparseRowContext(PanelVector* at, int* record, int members, nint origin, bool first, bool last, bool fetch, in PanelEpilogue epilogue)
{
    // Six channels take about as long as a line takes to arrive.
    private const int Ahead = 6;

    /// <summary>[V] the vectors of the tile.</summary>
    public readonly PanelVector* At = at;

    /// <summary>Added to each input address, in elements.</summary>
    public readonly nint Origin = origin;

    /// <summary>Output channel and number of taps of the next member.</summary>
    public int* Record = record;

    /// <summary>Members to go.</summary>
    public int Members = members;

    private readonly bool first = first, last = last, fetch = fetch;
    private readonly PanelEpilogue epilogue = epilogue;

    /// <summary>Asks for the memory that two channels some way ahead write, and for their residuals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Fetch<TN>()
        where TN : struct, ICount
    {
        if (Sse.IsSupported && fetch && Members > Ahead + 1)
        {
            Fetch<TN>(Record[2 * Ahead]);
            Fetch<TN>(Record[(2 * Ahead) + 2]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Fetch<TN>(int o)
        where TN : struct, ICount
    {
        nint to = epilogue.OutputOffset[o];
        for (int v = 0; v < TN.Value; v++)
        {
            Sse.Prefetch0(At[v].Output + to);
        }

        if (epilogue.Residual != null)
        {
            to = epilogue.ResidualOffset[o];
            for (int v = 0; v < TN.Value; v++)
            {
                Sse.Prefetch0(At[v].Residual + to);
            }
        }
    }

    /// <summary>The first values of a channel's accumulators: bias plus residual, or the sums so far.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Start<TV, TS, TN>(int o, out TV a0, out TV a1, out TV a2, out TV a3)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        PanelVector* at = At;
        a1 = a2 = a3 = default;
        if (!first)
        {
            nint offset = epilogue.OutputOffset[o];
            a0 = *(TV*)(at[0].Output + offset);
            a1 = TN.Value > 1 ? *(TV*)(at[1].Output + offset) : a1;
            a2 = TN.Value > 2 ? *(TV*)(at[2].Output + offset) : a2;
            a3 = TN.Value > 3 ? *(TV*)(at[3].Output + offset) : a3;
            return;
        }

        if (epilogue.BiasRows != null)
        {
            nint offset = (nint)o * epilogue.BiasRowLength;
            a0 = *(TV*)(at[0].BiasRow + offset);
            a1 = TN.Value > 1 ? *(TV*)(at[1].BiasRow + offset) : a1;
            a2 = TN.Value > 2 ? *(TV*)(at[2].BiasRow + offset) : a2;
            a3 = TN.Value > 3 ? *(TV*)(at[3].BiasRow + offset) : a3;
        }
        else
        {
            a0 = a1 = a2 = a3 = epilogue.Bias == null ? default : TS.Broadcast(epilogue.Bias + o);
        }

        if (epilogue.Residual != null)
        {
            nint offset = epilogue.ResidualOffset[o];
            a0 = TS.Add(a0, *(TV*)(at[0].Residual + offset));
            a1 = TN.Value > 1 ? TS.Add(a1, *(TV*)(at[1].Residual + offset)) : a1;
            a2 = TN.Value > 2 ? TS.Add(a2, *(TV*)(at[2].Residual + offset)) : a2;
            a3 = TN.Value > 3 ? TS.Add(a3, *(TV*)(at[3].Residual + offset)) : a3;
        }
    }

    /// <summary>Finishes and stores a channel's accumulators; the arguments are those of Start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Finish<TV, TS, TN>(int o, TV a0, TV a1, TV a2, TV a3)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        PanelVector* at = At;
        if (last)
        {
            if (epilogue.Slope != 1f)
            {
                TV slope = TS.Create(epilogue.Slope);
                a0 = Panels.Leak<TV, TS>(a0, slope);
                a1 = TN.Value > 1 ? Panels.Leak<TV, TS>(a1, slope) : a1;
                a2 = TN.Value > 2 ? Panels.Leak<TV, TS>(a2, slope) : a2;
                a3 = TN.Value > 3 ? Panels.Leak<TV, TS>(a3, slope) : a3;
            }

            TV low = TS.Create(epilogue.Low), high = TS.Create(epilogue.High);
            a0 = Panels.Limit<TV, TS>(a0, low, high, at[0].Mask);
            a1 = TN.Value > 1 ? Panels.Limit<TV, TS>(a1, low, high, at[1].Mask) : a1;
            a2 = TN.Value > 2 ? Panels.Limit<TV, TS>(a2, low, high, at[2].Mask) : a2;
            a3 = TN.Value > 3 ? Panels.Limit<TV, TS>(a3, low, high, at[3].Mask) : a3;
        }

        nint to = epilogue.OutputOffset[o];
        *(TV*)(at[0].Output + to) = a0;
        if (TN.Value > 1)
        {
            *(TV*)(at[1].Output + to) = a1;
        }

        if (TN.Value > 2)
        {
            *(TV*)(at[2].Output + to) = a2;
        }

        if (TN.Value > 3)
        {
            *(TV*)(at[3].Output + to) = a3;
        }
    }
}
