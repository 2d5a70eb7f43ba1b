// needs: Lanes, Panels, NeonTile
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>A compile-time number, for tile shapes.</summary>
internal interface ICount
{
    static abstract int Value { get; }
}

internal readonly struct Count0 : ICount
{
    public static int Value => 0;
}

internal readonly struct Count1 : ICount
{
    public static int Value => 1;
}

internal readonly struct Count2 : ICount
{
    public static int Value => 2;
}

internal readonly struct Count3 : ICount
{
    public static int Value => 3;
}

internal readonly struct Count4 : ICount
{
    public static int Value => 4;
}

internal readonly struct Count5 : ICount
{
    public static int Value => 5;
}

internal readonly struct Count6 : ICount
{
    public static int Value => 6;
}

internal readonly struct Count7 : ICount
{
    public static int Value => 7;
}

internal readonly struct Count8 : ICount
{
    public static int Value => 8;
}

/// <summary>
/// The register tile of output channels that share their taps: G channels (up to 8) times V vectors of pixels (up to 4). Every
/// input vector is loaded once for G multiply-adds and every weight broadcast once for V of them. Shapes are type arguments: the
/// JIT removes the accumulators that a shape does not have.
/// </summary>
internal static unsafe class GroupTile
{
    private const int TapsWorthFetching = 16;

    /// <summary>Working memory of a tile, in floats: 24 vectors of 16 and room to align them.</summary>
    public const int ScratchFloats = (24 * 16) + 16;

    /// <summary>Vectors in the widest tile of a group: as many as the registers hold beside the inputs and a weight.</summary>
    public static int MostVectors<TV, TS>(int group)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => TS.Count == 16 ? (group <= 6 ? 4 : 3) : Panels.ManyRegisters<TV, TS>() ? (group < 8 ? 4 : 3) : group < 4 ? 4 : 3;

    /// <summary>The next 64-byte boundary.</summary>
    public static float* Align(float* p) => (float*)(((nuint)p + 63) & ~(nuint)63);

    /// <summary>Reads entry <paramref name="index"/> of a table of <c>ushort</c> or <c>int</c> offsets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Offset<TO>(TO* offsets, nint index)
        where TO : unmanaged
        => typeof(TO) == typeof(ushort) ? ((ushort*)offsets)[index] : ((int*)offsets)[index];

    /// <summary>Runs a group of 1 to 8 channels on 1 to <see cref="MostVectors{TV, TS}"/> vectors; see the overload for the arguments.</summary>
    public static void Run<TV, TS, TO>(PanelVector* at, int vectors, nint bias, TO* offsets, float* weights, int taps, int group, int* channels, bool first, bool last, in PanelEpilogue epilogue, float* scratch)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
    {
        // A shape of its own for every size where there are registers of 16 lanes. Elsewhere parts of 4, 2 and 1 over the same packed weights: with 16 registers a tile of 4 by 3 takes them
        // all, and NEON picks the weights of 4 channels from one load.
        for (int g = 0, size; g < group; g += size)
        {
            int left = group - g;
            size = TS.Count == 16 || (left == 8 && Panels.ManyRegisters<TV, TS>()) ? left : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            switch (size)
            {
                case 8:
                    ByVectors<TV, TS, TO, Count8>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
                case 7 when TS.Count == 16:
                    ByVectors<TV, TS, TO, Count7>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
                case 6 when TS.Count == 16:
                    ByVectors<TV, TS, TO, Count6>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
                case 5 when TS.Count == 16:
                    ByVectors<TV, TS, TO, Count5>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
                case 4:
                    ByVectors<TV, TS, TO, Count4>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
                case 3 when TS.Count == 16:
                    ByVectors<TV, TS, TO, Count3>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
                case 2:
                    ByVectors<TV, TS, TO, Count2>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
                default:
                    ByVectors<TV, TS, TO, Count1>(at, vectors, bias, offsets, weights + g, taps, group, channels + g, first, last, epilogue, scratch);
                    break;
            }
        }
    }

    private static void ByVectors<TV, TS, TO, TG>(PanelVector* at, int vectors, nint bias, TO* offsets, float* weights, int taps, int stride, int* channels, bool first, bool last, in PanelEpilogue epilogue, float* scratch)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
        where TG : struct, ICount
    {
        switch (vectors)
        {
            case 4 when TG.Value <= 6:
                Run<TV, TS, TO, TG, Count4>(at, bias, offsets, weights, taps, stride, channels, first, last, epilogue, scratch);
                break;
            case 3:
                Run<TV, TS, TO, TG, Count3>(at, bias, offsets, weights, taps, stride, channels, first, last, epilogue, scratch);
                break;
            case 2:
                Run<TV, TS, TO, TG, Count2>(at, bias, offsets, weights, taps, stride, channels, first, last, epilogue, scratch);
                break;
            default:
                Run<TV, TS, TO, TG, Count1>(at, bias, offsets, weights, taps, stride, channels, first, last, epilogue, scratch);
                break;
        }
    }

    /// <summary>Sums <paramref name="taps"/> taps for G channels and V vectors, and finishes them.</summary>
    /// <param name="at">[V] the vectors of the tile.</param>
    /// <param name="bias">Added to each input address: the origin of a block of taps, in elements.</param>
    /// <param name="offsets">[taps] in elements from the vector's input, shared by the group.</param>
    /// <param name="weights">[taps][stride], of which the first G are used.</param>
    /// <param name="stride">Floats from one tap's weights to the next.</param>
    /// <param name="channels">[G] output channels.</param>
    /// <param name="first">The sums start from bias and residual; otherwise from the output.</param>
    /// <param name="last">The sums are activated and masked; otherwise stored as they are.</param>
    /// <param name="epilogue">Bias, residual, activation, where to store.</param>
    /// <param name="scratch">[G][V] vectors of working memory; 64-byte aligned for speed.</param>
    /// <remarks>Bounds: the packer checks that every offset, with a vector behind it, stays inside the input.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TV, TS, TO, TG, TN>(PanelVector* at, nint bias, TO* offsets, float* weights, int taps, int stride, int* channels, bool first, bool last, in PanelEpilogue epilogue, float* scratch)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
        where TG : struct, ICount
        where TN : struct, ICount
    {
        if (Sse.IsSupported && taps >= TapsWorthFetching)
        {
            Fetch<TG, TN>(at, channels, epilogue);
        }

        // Through memory: 24 inlined epilogues would be larger than the kernel. The memory is the caller's, because a stack allocation here is a
        // call that clears it, and the JIT would spill every accumulator in the loop to survive that call.
        var sums = (TV*)scratch;
        float* in0 = at[0].Input + bias;
        float* in1 = TN.Value > 1 ? at[1].Input + bias : null;
        float* in2 = TN.Value > 2 ? at[2].Input + bias : null;
        float* in3 = TN.Value > 3 ? at[3].Input + bias : null;
        if (AdvSimd.Arm64.IsSupported && TG.Value == 8 && TN.Value <= 3 && typeof(TV) == typeof(Vector128<float>))
        {
            NeonTile.Sum8<TO, TN>(in0, in1, in2, offsets, weights, stride, taps, (Vector128<float>*)scratch);
        }
        else if (AdvSimd.Arm64.IsSupported && TG.Value == 4 && typeof(TV) == typeof(Vector128<float>))
        {
            NeonTile.Sum4<TO, TN>(in0, in1, in2, in3, offsets, weights, stride, taps, (Vector128<float>*)scratch);
        }
        else
        {
            Sum<TV, TS, TO, TG, TN>(in0, in1, in2, in3, offsets, weights, taps, stride, sums);
        }

        Panels.Finish<TV, TS>(at, TN.Value, channels, TG.Value, sums, first, last, epilogue);
    }

    // The sums without bias, for any kind of vector.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sum<TV, TS, TO, TG, TN>(float* in0, float* in1, float* in2, float* in3, TO* offsets, float* weights, int taps, int stride, TV* sums)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TO : unmanaged
        where TG : struct, ICount
        where TN : struct, ICount
    {
        TV a00 = default, a01 = default, a02 = default, a03 = default, a10 = default, a11 = default, a12 = default, a13 = default;
        TV a20 = default, a21 = default, a22 = default, a23 = default, a30 = default, a31 = default, a32 = default, a33 = default;
        TV a40 = default, a41 = default, a42 = default, a43 = default, a50 = default, a51 = default, a52 = default, a53 = default;
        TV a60 = default, a61 = default, a62 = default, a63 = default, a70 = default, a71 = default, a72 = default, a73 = default;
        for (nint t = 0; t < taps; t++)
        {
            nint offset = Offset(offsets, t);
            TV x0 = *(TV*)(in0 + offset), w;
            TV x1 = TN.Value > 1 ? *(TV*)(in1 + offset) : default;
            TV x2 = TN.Value > 2 ? *(TV*)(in2 + offset) : default;
            TV x3 = TN.Value > 3 ? *(TV*)(in3 + offset) : default;
            w = TS.Broadcast(weights + 0);
            a00 = TS.MultiplyAdd(x0, w, a00);
            a01 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a01) : a01;
            a02 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a02) : a02;
            a03 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a03) : a03;
            if (TG.Value > 1)
            {
                w = TS.Broadcast(weights + 1);
                a10 = TS.MultiplyAdd(x0, w, a10);
                a11 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a11) : a11;
                a12 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a12) : a12;
                a13 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a13) : a13;
            }

            if (TG.Value > 2)
            {
                w = TS.Broadcast(weights + 2);
                a20 = TS.MultiplyAdd(x0, w, a20);
                a21 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a21) : a21;
                a22 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a22) : a22;
                a23 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a23) : a23;
            }

            if (TG.Value > 3)
            {
                w = TS.Broadcast(weights + 3);
                a30 = TS.MultiplyAdd(x0, w, a30);
                a31 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a31) : a31;
                a32 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a32) : a32;
                a33 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a33) : a33;
            }

            if (TG.Value > 4)
            {
                w = TS.Broadcast(weights + 4);
                a40 = TS.MultiplyAdd(x0, w, a40);
                a41 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a41) : a41;
                a42 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a42) : a42;
                a43 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a43) : a43;
            }

            if (TG.Value > 5)
            {
                w = TS.Broadcast(weights + 5);
                a50 = TS.MultiplyAdd(x0, w, a50);
                a51 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a51) : a51;
                a52 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a52) : a52;
                a53 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a53) : a53;
            }

            if (TG.Value > 6)
            {
                w = TS.Broadcast(weights + 6);
                a60 = TS.MultiplyAdd(x0, w, a60);
                a61 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a61) : a61;
                a62 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a62) : a62;
                a63 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a63) : a63;
            }

            if (TG.Value > 7)
            {
                w = TS.Broadcast(weights + 7);
                a70 = TS.MultiplyAdd(x0, w, a70);
                a71 = TN.Value > 1 ? TS.MultiplyAdd(x1, w, a71) : a71;
                a72 = TN.Value > 2 ? TS.MultiplyAdd(x2, w, a72) : a72;
                a73 = TN.Value > 3 ? TS.MultiplyAdd(x3, w, a73) : a73;
            }

            weights += stride;
        }

        Keep<TV, TN>(sums, a00, a01, a02, a03);
        if (TG.Value > 1)
        {
            Keep<TV, TN>(sums + TN.Value, a10, a11, a12, a13);
        }

        if (TG.Value > 2)
        {
            Keep<TV, TN>(sums + (2 * TN.Value), a20, a21, a22, a23);
        }

        if (TG.Value > 3)
        {
            Keep<TV, TN>(sums + (3 * TN.Value), a30, a31, a32, a33);
        }

        if (TG.Value > 4)
        {
            Keep<TV, TN>(sums + (4 * TN.Value), a40, a41, a42, a43);
        }

        if (TG.Value > 5)
        {
            Keep<TV, TN>(sums + (5 * TN.Value), a50, a51, a52, a53);
        }

        if (TG.Value > 6)
        {
            Keep<TV, TN>(sums + (6 * TN.Value), a60, a61, a62, a63);
        }

        if (TG.Value > 7)
        {
            Keep<TV, TN>(sums + (7 * TN.Value), a70, a71, a72, a73);
        }
    }

    // The lines that the tile will write, and its residuals, arrive while it sums.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<TG, TN>(PanelVector* at, int* channels, in PanelEpilogue epilogue)
        where TG : struct, ICount
        where TN : struct, ICount
    {
        for (int g = 0; g < TG.Value; g++)
        {
            for (int v = 0; v < TN.Value; v++)
            {
                Sse.Prefetch0(at[v].Output + epilogue.OutputOffset[channels[g]]);
                if (epilogue.Residual != null)
                {
                    Sse.Prefetch0(at[v].Residual + epilogue.ResidualOffset[channels[g]]);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<TV, TN>(TV* sums, TV a0, TV a1, TV a2, TV a3)
        where TV : unmanaged
        where TN : struct, ICount
    {
        sums[0] = a0;
        if (TN.Value > 1)
        {
            sums[1] = a1;
        }

        if (TN.Value > 2)
        {
            sums[2] = a2;
        }

        if (TN.Value > 3)
        {
            sums[3] = a3;
        }
    }
}
