// needs: GroupTile
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace PruneCompiler.Runtime;

/// <summary>
/// The sums of a group tile on ARM64: one load brings the weights of four channels, and each multiply-add picks its lane. Broadcasting them one by one
/// would cost a load, an address and, on small cores, a vector slot for every channel: 34 instructions instead of 49 for 24 multiply-adds.
/// </summary>
internal static unsafe class NeonTile
{
    /// <summary>Sums <paramref name="taps"/> taps for 8 channels and 1 to 3 vectors of pixels, without bias.</summary>
    /// <param name="in0">Input of the first vector.</param>
    /// <param name="in1">Input of the second; unused with one.</param>
    /// <param name="in2">Input of the third; unused with two.</param>
    /// <param name="offsets">[taps] in elements from the vector's input.</param>
    /// <param name="weights">[taps][stride], of which the first 8 are used.</param>
    /// <param name="stride">Floats from one tap's weights to the next.</param>
    /// <param name="taps">Taps.</param>
    /// <param name="sums">[8][N] receives the sums.</param>
    /// <remarks>Bounds: those of <see cref="GroupTile"/>.</remarks>
    public static void Sum8<TO, TN>(float* in0, float* in1, float* in2, TO* offsets, float* weights, nint stride, int taps, Vector128<float>* sums)
        where TO : unmanaged
        where TN : struct, ICount
    {
        Vector128<float> a00 = default, a01 = default, a02 = default;
        Vector128<float> a10 = default, a11 = default, a12 = default;
        Vector128<float> a20 = default, a21 = default, a22 = default;
        Vector128<float> a30 = default, a31 = default, a32 = default;
        Vector128<float> a40 = default, a41 = default, a42 = default;
        Vector128<float> a50 = default, a51 = default, a52 = default;
        Vector128<float> a60 = default, a61 = default, a62 = default;
        Vector128<float> a70 = default, a71 = default, a72 = default;
        for (TO* end = offsets + taps; offsets != end; offsets++, weights += stride)
        {
            nint offset = GroupTile.Offset(offsets, 0);
            Vector128<float> w = *(Vector128<float>*)weights, v = *(Vector128<float>*)(weights + 4);
            Vector128<float> x = *(Vector128<float>*)(in0 + offset);
            a00 = Lane0(a00, x, w);
            a10 = Lane1(a10, x, w);
            a20 = Lane2(a20, x, w);
            a30 = Lane3(a30, x, w);
            a40 = Lane0(a40, x, v);
            a50 = Lane1(a50, x, v);
            a60 = Lane2(a60, x, v);
            a70 = Lane3(a70, x, v);

            if (TN.Value > 1)
            {
                x = *(Vector128<float>*)(in1 + offset);
                a01 = Lane0(a01, x, w);
                a11 = Lane1(a11, x, w);
                a21 = Lane2(a21, x, w);
                a31 = Lane3(a31, x, w);
                a41 = Lane0(a41, x, v);
                a51 = Lane1(a51, x, v);
                a61 = Lane2(a61, x, v);
                a71 = Lane3(a71, x, v);
            }

            if (TN.Value > 2)
            {
                x = *(Vector128<float>*)(in2 + offset);
                a02 = Lane0(a02, x, w);
                a12 = Lane1(a12, x, w);
                a22 = Lane2(a22, x, w);
                a32 = Lane3(a32, x, w);
                a42 = Lane0(a42, x, v);
                a52 = Lane1(a52, x, v);
                a62 = Lane2(a62, x, v);
                a72 = Lane3(a72, x, v);
            }
        }

        sums[0] = a00;
        sums[TN.Value] = a10;
        sums[2 * TN.Value] = a20;
        sums[3 * TN.Value] = a30;
        sums[4 * TN.Value] = a40;
        sums[5 * TN.Value] = a50;
        sums[6 * TN.Value] = a60;
        sums[7 * TN.Value] = a70;

        if (TN.Value > 1)
        {
            sums[1] = a01;
            sums[TN.Value + 1] = a11;
            sums[(2 * TN.Value) + 1] = a21;
            sums[(3 * TN.Value) + 1] = a31;
            sums[(4 * TN.Value) + 1] = a41;
            sums[(5 * TN.Value) + 1] = a51;
            sums[(6 * TN.Value) + 1] = a61;
            sums[(7 * TN.Value) + 1] = a71;
        }

        if (TN.Value > 2)
        {
            sums[2] = a02;
            sums[TN.Value + 2] = a12;
            sums[(2 * TN.Value) + 2] = a22;
            sums[(3 * TN.Value) + 2] = a32;
            sums[(4 * TN.Value) + 2] = a42;
            sums[(5 * TN.Value) + 2] = a52;
            sums[(6 * TN.Value) + 2] = a62;
            sums[(7 * TN.Value) + 2] = a72;
        }
    }

    /// <summary>The same for 4 channels and 1 to 4 vectors.</summary>
    /// <param name="in0">Input of the first vector.</param>
    /// <param name="in1">Input of the second; unused with one.</param>
    /// <param name="in2">Input of the third; unused with two.</param>
    /// <param name="in3">Input of the fourth; unused with three.</param>
    /// <param name="offsets">[taps] in elements from the vector's input.</param>
    /// <param name="weights">[taps][stride], of which the first 4 are used.</param>
    /// <param name="stride">Floats from one tap's weights to the next.</param>
    /// <param name="taps">Taps.</param>
    /// <param name="sums">[4][N] receives the sums.</param>
    public static void Sum4<TO, TN>(float* in0, float* in1, float* in2, float* in3, TO* offsets, float* weights, nint stride, int taps, Vector128<float>* sums)
        where TO : unmanaged
        where TN : struct, ICount
    {
        Vector128<float> a00 = default, a01 = default, a02 = default, a03 = default;
        Vector128<float> a10 = default, a11 = default, a12 = default, a13 = default;
        Vector128<float> a20 = default, a21 = default, a22 = default, a23 = default;
        Vector128<float> a30 = default, a31 = default, a32 = default, a33 = default;
        for (TO* end = offsets + taps; offsets != end; offsets++, weights += stride)
        {
            nint offset = GroupTile.Offset(offsets, 0);
            Vector128<float> w = *(Vector128<float>*)weights;
            Vector128<float> x = *(Vector128<float>*)(in0 + offset);
            a00 = Lane0(a00, x, w);
            a10 = Lane1(a10, x, w);
            a20 = Lane2(a20, x, w);
            a30 = Lane3(a30, x, w);

            if (TN.Value > 1)
            {
                x = *(Vector128<float>*)(in1 + offset);
                a01 = Lane0(a01, x, w);
                a11 = Lane1(a11, x, w);
                a21 = Lane2(a21, x, w);
                a31 = Lane3(a31, x, w);
            }

            if (TN.Value > 2)
            {
                x = *(Vector128<float>*)(in2 + offset);
                a02 = Lane0(a02, x, w);
                a12 = Lane1(a12, x, w);
                a22 = Lane2(a22, x, w);
                a32 = Lane3(a32, x, w);
            }

            if (TN.Value > 3)
            {
                x = *(Vector128<float>*)(in3 + offset);
                a03 = Lane0(a03, x, w);
                a13 = Lane1(a13, x, w);
                a23 = Lane2(a23, x, w);
                a33 = Lane3(a33, x, w);
            }
        }

        sums[0] = a00;
        sums[TN.Value] = a10;
        sums[2 * TN.Value] = a20;
        sums[3 * TN.Value] = a30;

        if (TN.Value > 1)
        {
            sums[1] = a01;
            sums[TN.Value + 1] = a11;
            sums[(2 * TN.Value) + 1] = a21;
            sums[(3 * TN.Value) + 1] = a31;
        }

        if (TN.Value > 2)
        {
            sums[2] = a02;
            sums[TN.Value + 2] = a12;
            sums[(2 * TN.Value) + 2] = a22;
            sums[(3 * TN.Value) + 2] = a32;
        }

        if (TN.Value > 3)
        {
            sums[3] = a03;
            sums[TN.Value + 3] = a13;
            sums[(2 * TN.Value) + 3] = a23;
            sums[(3 * TN.Value) + 3] = a33;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Lane0(Vector128<float> sum, Vector128<float> x, Vector128<float> w) => AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(sum, x, w, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Lane1(Vector128<float> sum, Vector128<float> x, Vector128<float> w) => AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(sum, x, w, 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Lane2(Vector128<float> sum, Vector128<float> x, Vector128<float> w) => AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(sum, x, w, 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Lane3(Vector128<float> sum, Vector128<float> x, Vector128<float> w) => AdvSimd.Arm64.FusedMultiplyAddBySelectedScalar(sum, x, w, 3);
}
