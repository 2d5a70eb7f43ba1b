// needs: Lanes, Panels, GroupTile
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>The register tile of four output channels with taps of their own, equally many, by up to 4 vectors of pixels: one loop for all, and four offsets in one load.</summary>
internal static unsafe class SparseQuads
{
    /// <summary>Vectors that fit the registers.</summary>
    public static int MostVectors<TV, TS>()
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => Panels.ManyRegisters<TV, TS>() ? 4 : 2;

    /// <summary>Computes channels four by four for 1 to <see cref="MostVectors{TV, TS}"/> vectors of pixels.</summary>
    /// <param name="at">[count] the vectors of the tile.</param>
    /// <param name="count">Vectors.</param>
    /// <param name="record">[members][5]: four output channels, and how many taps each has.</param>
    /// <param name="members">How many times four.</param>
    /// <param name="origin">Added to each input address, in elements.</param>
    /// <param name="offsets">[members][taps][4] in elements from the vector's input.</param>
    /// <param name="weights">[members][taps][4].</param>
    /// <param name="first">Sums begin with bias and residual; otherwise with the sums so far, which are in the output.</param>
    /// <param name="last">Sums are complete; otherwise stored as they are.</param>
    /// <param name="epilogue">Bias, residual, activation, where to store.</param>
    /// <remarks>Bounds: as for all of SparseRows, whose packer checks that every offset, with a vector behind it, stays inside the input.</remarks>
    public static void Run<TV, TS, TO>(PanelVector* at, int count, int* record, int members, nint origin, TO* offsets, float* weights, bool first, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        if (epilogue.Slope != 1f)
        {
            Plain<TV, TS, TO>(at, count, record, members, origin, offsets, weights, first, last, epilogue);
            return;
        }

        var context = new QuadContext(at, count, record, members, origin, first, last, epilogue);
        QuadContext* rows = &context;
        switch (count)
        {
            case 4:
                Rows<TV, TS, TO, Count4>(offsets, weights, rows);
                break;
            case 3:
                Rows<TV, TS, TO, Count3>(offsets, weights, rows);
                break;
            case 2:
                Rows<TV, TS, TO, Count2>(offsets, weights, rows);
                break;
            default:
                Rows<TV, TS, TO, Count1>(offsets, weights, rows);
                break;
        }
    }

    // Four channels with equally many taps side by side over up to 4 vectors: one loop for all, four offsets in one load.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TV, TS, TO, TN>(TO* offsets, float* weights, QuadContext* rows)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
        where TN : struct, ICount
    {
        float* in0 = rows->In0, in1 = rows->In1, in2 = rows->In2, in3 = rows->In3;
        for (; rows->Members > 0; rows->Members--, rows->Record += 5)
        {
            // Written out, as calls that are inlined would leave the JIT more variables than it keeps track of, and sums in memory.
            TV a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            TV c0 = default, c1 = default, c2 = default, c3 = default, d0 = default, d1 = default, d2 = default, d3 = default;
            if (rows->Bias != null)
            {
                a0 = a1 = a2 = a3 = TS.Broadcast(rows->Bias + rows->Record[0]);
                b0 = b1 = b2 = b3 = TS.Broadcast(rows->Bias + rows->Record[1]);
                c0 = c1 = c2 = c3 = TS.Broadcast(rows->Bias + rows->Record[2]);
                d0 = d1 = d2 = d3 = TS.Broadcast(rows->Bias + rows->Record[3]);
            }

            for (float* end = weights + (4 * (nint)rows->Record[4]); weights != end; weights += 4, offsets += 4)
            {
                Four(offsets, out nint x, out nint y, out nint z, out nint q);
                TV w = TS.Broadcast(weights);
                a0 = TS.MultiplyAdd(*(TV*)(in0 + x), w, a0);
                a1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + x), w, a1) : a1;
                a2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + x), w, a2) : a2;
                a3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + x), w, a3) : a3;
                w = TS.Broadcast(weights + 1);
                b0 = TS.MultiplyAdd(*(TV*)(in0 + y), w, b0);
                b1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + y), w, b1) : b1;
                b2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + y), w, b2) : b2;
                b3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + y), w, b3) : b3;
                w = TS.Broadcast(weights + 2);
                c0 = TS.MultiplyAdd(*(TV*)(in0 + z), w, c0);
                c1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + z), w, c1) : c1;
                c2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + z), w, c2) : c2;
                c3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + z), w, c3) : c3;
                w = TS.Broadcast(weights + 3);
                d0 = TS.MultiplyAdd(*(TV*)(in0 + q), w, d0);
                d1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(in1 + q), w, d1) : d1;
                d2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(in2 + q), w, d2) : d2;
                d3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(in3 + q), w, d3) : d3;
            }

            TV low = TS.Create(rows->Low);
            Store<TV, TS, TN>(rows, 0, a0, a1, a2, a3, low);
            Store<TV, TS, TN>(rows, 1, b0, b1, b2, b3, low);
            Store<TV, TS, TN>(rows, 2, c0, c1, c2, c3, low);
            Store<TV, TS, TN>(rows, 3, d0, d1, d2, d3, low);
        }
    }

    /// <summary>Ends and stores the sums of one of four channels: what is added, then bounds and mask as far as there are any.</summary>
    /// <remarks>The tests are foreseen, the operations would take turns with multiply-adds.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<TV, TS, TN>(QuadContext* rows, int member, TV v0, TV v1, TV v2, TV v3, TV low)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        int channel = rows->Record[member];
        if (rows->Added != null)
        {
            // Added last: it comes from beyond the first-level cache and is on its way while the taps are summed.
            nint at = rows->Added[channel];
            v0 = TS.Add(v0, *(TV*)(rows->Added0 + at));
            v1 = TN.Value > 1 ? TS.Add(v1, *(TV*)(rows->Added1 + at)) : v1;
            v2 = TN.Value > 2 ? TS.Add(v2, *(TV*)(rows->Added2 + at)) : v2;
            v3 = TN.Value > 3 ? TS.Add(v3, *(TV*)(rows->Added3 + at)) : v3;
        }

        if (rows->BiasLength != 0)
        {
            nint at = channel * rows->BiasLength;
            v0 = TS.Add(v0, *(TV*)(rows->Bias0 + at));
            v1 = TN.Value > 1 ? TS.Add(v1, *(TV*)(rows->Bias1 + at)) : v1;
            v2 = TN.Value > 2 ? TS.Add(v2, *(TV*)(rows->Bias2 + at)) : v2;
            v3 = TN.Value > 3 ? TS.Add(v3, *(TV*)(rows->Bias3 + at)) : v3;
        }

        nint to = rows->Outputs[channel];
        v0 = TS.Max(low, v0);
        v1 = TN.Value > 1 ? TS.Max(low, v1) : v1;
        v2 = TN.Value > 2 ? TS.Max(low, v2) : v2;
        v3 = TN.Value > 3 ? TS.Max(low, v3) : v3;
        if (rows->High < float.PositiveInfinity)
        {
            TV high = TS.Create(rows->High);
            v0 = TS.Min(high, v0);
            v1 = TN.Value > 1 ? TS.Min(high, v1) : v1;
            v2 = TN.Value > 2 ? TS.Min(high, v2) : v2;
            v3 = TN.Value > 3 ? TS.Min(high, v3) : v3;
        }

        if (rows->Masked)
        {
            v0 = TS.And(v0, *(TV*)rows->Mask0);
            v1 = TN.Value > 1 ? TS.And(v1, *(TV*)rows->Mask1) : v1;
            v2 = TN.Value > 2 ? TS.And(v2, *(TV*)rows->Mask2) : v2;
            v3 = TN.Value > 3 ? TS.And(v3, *(TV*)rows->Mask3) : v3;
        }

        *(TV*)(rows->Out0 + to) = v0;
        if (TN.Value > 1)
        {
            *(TV*)(rows->Out1 + to) = v1;
        }

        if (TN.Value > 2)
        {
            *(TV*)(rows->Out2 + to) = v2;
        }

        if (TN.Value > 3)
        {
            *(TV*)(rows->Out3 + to) = v3;
        }
    }

    // Four offsets: 16-bit ones by a single load.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<TO>(TO* offsets, out nint x, out nint y, out nint z, out nint q)
        where TO : unmanaged
    {
        if (typeof(TO) == typeof(ushort))
        {
            ulong four = *(ulong*)offsets;
            x = (nint)(ushort)four;
            y = (nint)(ushort)(four >> 16);
            z = (nint)(ushort)(four >> 32);
            q = (nint)(four >> 48);
        }
        else
        {
            x = ((int*)offsets)[0];
            y = ((int*)offsets)[1];
            z = ((int*)offsets)[2];
            q = ((int*)offsets)[3];
        }
    }

    // Channel by channel and vector by vector: LeakyRelu.
    private static void Plain<TV, TS, TO>(PanelVector* at, int count, int* record, int members, nint origin, TO* offsets, float* weights, bool first, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        for (int m = 0; m < members; m++, record += 5)
        {
            nint taps = record[4];
            for (int channel = 0; channel < 4; channel++)
            {
                for (int v = 0; v < count; v++)
                {
                    TV sum = Panels.Start<TV, TS>(at + v, record[channel], first, epilogue);
                    float* input = at[v].Input + origin;
                    for (nint t = channel; t < 4 * taps; t += 4)
                    {
                        sum = TS.MultiplyAdd(*(TV*)(input + GroupTile.Offset(offsets, t)), TS.Broadcast(weights + t), sum);
                    }

                    Panels.Finish<TV, TS>(at + v, record[channel], sum, last, epilogue);
                }
            }

            offsets += 4 * taps;
            weights += 4 * taps;
        }
    }
}

/// <summary>What a loop over four channels at a time needs outside its innermost loop.</summary>
internal unsafe struct QuadContext
{
    /// <summary>Where the tile's vectors read, write, have what is added to the sums, and their masks.</summary>
    public float* In0, In1, In2, In3, Out0, Out1, Out2, Out3, Added0, Added1, Added2, Added3, Mask0, Mask1, Mask2, Mask3;

    /// <summary>[O] what sums begin with, or null.</summary>
    public float* Bias;

    /// <summary>Biases that differ from pixel to pixel: those of the tile's vectors in channel 0.</summary>
    public float* Bias0, Bias1, Bias2, Bias3;

    /// <summary>From one channel's such biases to the next one's; 0 where there are none.</summary>
    public nint BiasLength;

    /// <summary>[O] offsets of what is added, or null, and of the outputs.</summary>
    public int* Added, Outputs;

    /// <summary>Four output channels and their number of taps.</summary>
    public int* Record;

    /// <summary>Records to go.</summary>
    public int Members;

    /// <summary>Bounds of the result.</summary>
    public float Low, High;

    /// <summary>Any of the masks hides a lane.</summary>
    public bool Masked;

    /// <param name="at">The vectors of the tile.</param>
    /// <param name="count">How many: 1 to 4.</param>
    /// <param name="record">The first record.</param>
    /// <param name="members">Records.</param>
    /// <param name="origin">Added to each input address, in elements.</param>
    /// <param name="first">Bias and residual are added; otherwise the sums so far.</param>
    /// <param name="last">Sums are complete; otherwise stored as they are.</param>
    /// <param name="epilogue">Bias, residual, bounds; without slope.</param>
    public QuadContext(PanelVector* at, int count, int* record, int members, nint origin, bool first, bool last, in PanelEpilogue epilogue)
    {
        PanelVector* second = at + (count > 1 ? 1 : 0), third = at + (count > 2 ? 2 : 0), fourth = at + (count > 3 ? 3 : 0);
        Record = record;
        Members = members;
        In0 = at->Input + origin;
        In1 = second->Input + origin;
        In2 = third->Input + origin;
        In3 = fourth->Input + origin;
        Out0 = at->Output;
        Out1 = second->Output;
        Out2 = third->Output;
        Out3 = fourth->Output;
        Added0 = first ? at->Residual : Out0;
        Added1 = first ? second->Residual : Out1;
        Added2 = first ? third->Residual : Out2;
        Added3 = first ? fourth->Residual : Out3;
        Mask0 = at->Mask;
        Mask1 = second->Mask;
        Mask2 = third->Mask;
        Mask3 = fourth->Mask;
        Masked = last && at->Mask != null;
        Outputs = epilogue.OutputOffset;
        Bias = first && epilogue.BiasRows == null ? epilogue.Bias : null;
        Bias0 = at->BiasRow;
        Bias1 = second->BiasRow;
        Bias2 = third->BiasRow;
        Bias3 = fourth->BiasRow;
        BiasLength = first && epilogue.BiasRows != null ? epilogue.BiasRowLength : 0;
        Added = !first ? epilogue.OutputOffset : epilogue.Residual == null ? null : epilogue.ResidualOffset;
        Low = last ? epilogue.Low : float.NegativeInfinity;
        High = last ? epilogue.High : float.PositiveInfinity;
    }
}
