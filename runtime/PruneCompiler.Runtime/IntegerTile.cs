// needs:
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Register tiles of 8-bit layers: sums of 16 output channels for six pixels, or for one. All ways are exact.</summary>
/// <remarks>
/// Each step takes four bytes of a pixel and 16 x 4 weights. Where the processor has a dot product of bytes it is one instruction for 4 (NEON) or 8 (VNNI)
/// channels. Else even and odd bytes are widened apart and multiplied as pairs of 16-bit numbers, whose sums cannot overflow.
/// NEON's dot product is of signed bytes: it takes x - 128, see <see cref="Signed"/>.
/// </remarks>
internal static unsafe class IntegerTile
{
    /// <summary>Pixels of a tile.</summary>
    public const int Pixels = 6;

    /// <summary>Bytes of weights in a step.</summary>
    public const int StepBytes = 64;

    private const int Channels = 16;

    /// <summary>True where the sums are those of x - 128.</summary>
    public static bool Signed => AdvSimd.Arm64.IsSupported;

    /// <summary>Six pixels: sums[6][16].</summary>
    /// <param name="x">First byte of each pixel's window; four bytes from each offset of the steps on can be read.</param>
    /// <param name="weights">64 bytes for each step.</param>
    /// <param name="taps">Byte offset of each step.</param>
    /// <param name="steps">How many steps.</param>
    /// <param name="sums">Written.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sum(byte** x, sbyte* weights, int* taps, int steps, int* sums)
    {
#if NET9_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            Vnni(x, weights, taps, steps, sums);
            return;
        }
#endif
        if (Avx512BW.IsSupported)
        {
            Wide(x, weights, taps, steps, sums);
        }
        else if (Avx2.IsSupported)
        {
            Half(x, weights, taps, steps, sums);
            Half(x + 3, weights, taps, steps, sums + (3 * Channels));
        }
        else if (Dp.IsSupported)
        {
            Neon(x, weights, taps, steps, sums);
        }
        else
        {
            for (int p = 0; p < Pixels; p++)
            {
                SumOne(x[p], weights, taps, steps, sums + (p * Channels));
            }
        }
    }

    /// <summary>One pixel: sums[16].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SumOne(byte* x, sbyte* weights, int* taps, int steps, int* sums)
    {
#if NET9_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            VnniOne(x, weights, taps, steps, sums);
            return;
        }
#endif
        if (Avx512BW.IsSupported)
        {
            WideOne(x, weights, taps, steps, sums);
        }
        else if (Avx2.IsSupported)
        {
            HalfOne(x, weights, taps, steps, sums);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            NeonOne(x, weights, taps, steps, sums);
        }
        else
        {
            Scalar(x, weights, taps, steps, sums);
        }
    }

#if NET9_0_OR_GREATER
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Vnni(byte** x, sbyte* weights, int* taps, int steps, int* sums)
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5];
        Vector256<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default;
        Vector256<int> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default;
        for (int* end = taps + steps; taps < end; taps++, weights += StepBytes)
        {
            nint at = *taps;
            Vector256<sbyte> low = *(Vector256<sbyte>*)weights, high = *(Vector256<sbyte>*)(weights + 32);
            Vector256<byte> v = Vector256.Create(*(int*)(x0 + at)).AsByte();
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, v, low);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, v, high);
            v = Vector256.Create(*(int*)(x1 + at)).AsByte();
            a1 = AvxVnni.MultiplyWideningAndAdd(a1, v, low);
            b1 = AvxVnni.MultiplyWideningAndAdd(b1, v, high);
            v = Vector256.Create(*(int*)(x2 + at)).AsByte();
            a2 = AvxVnni.MultiplyWideningAndAdd(a2, v, low);
            b2 = AvxVnni.MultiplyWideningAndAdd(b2, v, high);
            v = Vector256.Create(*(int*)(x3 + at)).AsByte();
            a3 = AvxVnni.MultiplyWideningAndAdd(a3, v, low);
            b3 = AvxVnni.MultiplyWideningAndAdd(b3, v, high);
            v = Vector256.Create(*(int*)(x4 + at)).AsByte();
            a4 = AvxVnni.MultiplyWideningAndAdd(a4, v, low);
            b4 = AvxVnni.MultiplyWideningAndAdd(b4, v, high);
            v = Vector256.Create(*(int*)(x5 + at)).AsByte();
            a5 = AvxVnni.MultiplyWideningAndAdd(a5, v, low);
            b5 = AvxVnni.MultiplyWideningAndAdd(b5, v, high);
        }

        var to = (Vector256<int>*)sums;
        (to[0], to[1], to[2], to[3], to[4], to[5]) = (a0, b0, a1, b1, a2, b2);
        (to[6], to[7], to[8], to[9], to[10], to[11]) = (a3, b3, a4, b4, a5, b5);
    }

    // Four steps at a time into sums of their own: one pixel alone has too few of them to hide the latency.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void VnniOne(byte* x, sbyte* weights, int* taps, int steps, int* sums)
    {
        Vector256<int> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        int s = 0;
        for (; s <= steps - 4; s += 4, weights += 4 * StepBytes)
        {
            Vector256<byte> v = Vector256.Create(*(int*)(x + taps[s])).AsByte();
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, v, *(Vector256<sbyte>*)weights);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, v, *(Vector256<sbyte>*)(weights + 32));
            v = Vector256.Create(*(int*)(x + taps[s + 1])).AsByte();
            a1 = AvxVnni.MultiplyWideningAndAdd(a1, v, *(Vector256<sbyte>*)(weights + 64));
            b1 = AvxVnni.MultiplyWideningAndAdd(b1, v, *(Vector256<sbyte>*)(weights + 96));
            v = Vector256.Create(*(int*)(x + taps[s + 2])).AsByte();
            a2 = AvxVnni.MultiplyWideningAndAdd(a2, v, *(Vector256<sbyte>*)(weights + 128));
            b2 = AvxVnni.MultiplyWideningAndAdd(b2, v, *(Vector256<sbyte>*)(weights + 160));
            v = Vector256.Create(*(int*)(x + taps[s + 3])).AsByte();
            a3 = AvxVnni.MultiplyWideningAndAdd(a3, v, *(Vector256<sbyte>*)(weights + 192));
            b3 = AvxVnni.MultiplyWideningAndAdd(b3, v, *(Vector256<sbyte>*)(weights + 224));
        }

        for (; s < steps; s++, weights += StepBytes)
        {
            Vector256<byte> v = Vector256.Create(*(int*)(x + taps[s])).AsByte();
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, v, *(Vector256<sbyte>*)weights);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, v, *(Vector256<sbyte>*)(weights + 32));
        }

        *(Vector256<int>*)sums = (a0 + a1) + (a2 + a3);
        *(Vector256<int>*)(sums + 8) = (b0 + b1) + (b2 + b3);
    }
#endif

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Wide(byte** x, sbyte* weights, int* taps, int steps, int* sums)
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5];
        Vector512<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default;
        for (int* end = taps + steps; taps < end; taps++, weights += StepBytes)
        {
            nint at = *taps;
            Vector512<short> w = *(Vector512<short>*)weights;
            Vector512<short> even = Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(w, 8), 8), odd = Avx512BW.ShiftRightArithmetic(w, 8);
            a0 += Pair(Vector512.Create(*(int*)(x0 + at)), even, odd);
            a1 += Pair(Vector512.Create(*(int*)(x1 + at)), even, odd);
            a2 += Pair(Vector512.Create(*(int*)(x2 + at)), even, odd);
            a3 += Pair(Vector512.Create(*(int*)(x3 + at)), even, odd);
            a4 += Pair(Vector512.Create(*(int*)(x4 + at)), even, odd);
            a5 += Pair(Vector512.Create(*(int*)(x5 + at)), even, odd);
        }

        var to = (Vector512<int>*)sums;
        (to[0], to[1], to[2], to[3], to[4], to[5]) = (a0, a1, a2, a3, a4, a5);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void WideOne(byte* x, sbyte* weights, int* taps, int steps, int* sums)
    {
        Vector512<int> a = default, b = default;
        for (int s = 0; s < steps; s++, weights += StepBytes)
        {
            Vector512<short> w = *(Vector512<short>*)weights, v = Vector512.Create(*(int*)(x + taps[s])).AsInt16();
            a += Avx512BW.MultiplyAddAdjacent(v & Vector512.Create((short)255), Avx512BW.ShiftRightArithmetic(Avx512BW.ShiftLeftLogical(w, 8), 8));
            b += Avx512BW.MultiplyAddAdjacent(Avx512BW.ShiftRightLogical(v, 8), Avx512BW.ShiftRightArithmetic(w, 8));
        }

        *(Vector512<int>*)sums = a + b;
    }

    // The sum of four products in each lane, of which every lane holds 4 bytes: even and odd ones apart, as 16-bit numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Pair(Vector512<int> x, Vector512<short> even, Vector512<short> odd)
    {
        Vector512<short> v = x.AsInt16();
        return Avx512BW.MultiplyAddAdjacent(v & Vector512.Create((short)255), even) + Avx512BW.MultiplyAddAdjacent(Avx512BW.ShiftRightLogical(v, 8), odd);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Half(byte** x, sbyte* weights, int* taps, int steps, int* sums)
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2];
        Vector256<int> a0 = default, a1 = default, a2 = default, b0 = default, b1 = default, b2 = default;
        Vector256<short> mask = Vector256.Create((short)255);
        for (int* end = taps + steps; taps < end; taps++, weights += StepBytes)
        {
            nint at = *taps;
            Vector256<short> low = *(Vector256<short>*)weights, high = *(Vector256<short>*)(weights + 32);
            Vector256<short> lowEven = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(low, 8), 8), highEven = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(high, 8), 8);
            (low, high) = (Avx2.ShiftRightArithmetic(low, 8), Avx2.ShiftRightArithmetic(high, 8));
            Vector256<short> v = Vector256.Create(*(int*)(x0 + at)).AsInt16(), even = v & mask, odd = Avx2.ShiftRightLogical(v, 8);
            a0 += Avx2.MultiplyAddAdjacent(even, lowEven) + Avx2.MultiplyAddAdjacent(odd, low);
            b0 += Avx2.MultiplyAddAdjacent(even, highEven) + Avx2.MultiplyAddAdjacent(odd, high);
            v = Vector256.Create(*(int*)(x1 + at)).AsInt16();
            (even, odd) = (v & mask, Avx2.ShiftRightLogical(v, 8));
            a1 += Avx2.MultiplyAddAdjacent(even, lowEven) + Avx2.MultiplyAddAdjacent(odd, low);
            b1 += Avx2.MultiplyAddAdjacent(even, highEven) + Avx2.MultiplyAddAdjacent(odd, high);
            v = Vector256.Create(*(int*)(x2 + at)).AsInt16();
            (even, odd) = (v & mask, Avx2.ShiftRightLogical(v, 8));
            a2 += Avx2.MultiplyAddAdjacent(even, lowEven) + Avx2.MultiplyAddAdjacent(odd, low);
            b2 += Avx2.MultiplyAddAdjacent(even, highEven) + Avx2.MultiplyAddAdjacent(odd, high);
        }

        var to = (Vector256<int>*)sums;
        (to[0], to[1], to[2], to[3], to[4], to[5]) = (a0, b0, a1, b1, a2, b2);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void HalfOne(byte* x, sbyte* weights, int* taps, int steps, int* sums)
    {
        Vector256<int> a0 = default, a1 = default, b0 = default, b1 = default;
        for (int s = 0; s < steps; s++, weights += StepBytes)
        {
            Vector256<short> low = *(Vector256<short>*)weights, high = *(Vector256<short>*)(weights + 32);
            Vector256<short> v = Vector256.Create(*(int*)(x + taps[s])).AsInt16(), even = v & Vector256.Create((short)255), odd = Avx2.ShiftRightLogical(v, 8);
            a0 += Avx2.MultiplyAddAdjacent(even, Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(low, 8), 8));
            a1 += Avx2.MultiplyAddAdjacent(odd, Avx2.ShiftRightArithmetic(low, 8));
            b0 += Avx2.MultiplyAddAdjacent(even, Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(high, 8), 8));
            b1 += Avx2.MultiplyAddAdjacent(odd, Avx2.ShiftRightArithmetic(high, 8));
        }

        *(Vector256<int>*)sums = a0 + a1;
        *(Vector256<int>*)(sums + 8) = b0 + b1;
    }

    // 24 sums of 4 channels, 4 vectors of weights and one of pixels: 29 of 32 registers.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Neon(byte** x, sbyte* weights, int* taps, int steps, int* sums)
    {
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5];
        Vector128<int> a0 = default, a1 = default, a2 = default, a3 = default, a4 = default, a5 = default;
        Vector128<int> b0 = default, b1 = default, b2 = default, b3 = default, b4 = default, b5 = default;
        Vector128<int> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default;
        Vector128<int> d0 = default, d1 = default, d2 = default, d3 = default, d4 = default, d5 = default;
        for (int* end = taps + steps; taps < end; taps++, weights += StepBytes)
        {
            nint at = *taps;
            Vector128<sbyte> a = *(Vector128<sbyte>*)weights, b = *(Vector128<sbyte>*)(weights + 16), c = *(Vector128<sbyte>*)(weights + 32), d = *(Vector128<sbyte>*)(weights + 48);
            Vector128<sbyte> v = Centred(x0 + at);
            (a0, b0, c0, d0) = (Dp.DotProduct(a0, a, v), Dp.DotProduct(b0, b, v), Dp.DotProduct(c0, c, v), Dp.DotProduct(d0, d, v));
            v = Centred(x1 + at);
            (a1, b1, c1, d1) = (Dp.DotProduct(a1, a, v), Dp.DotProduct(b1, b, v), Dp.DotProduct(c1, c, v), Dp.DotProduct(d1, d, v));
            v = Centred(x2 + at);
            (a2, b2, c2, d2) = (Dp.DotProduct(a2, a, v), Dp.DotProduct(b2, b, v), Dp.DotProduct(c2, c, v), Dp.DotProduct(d2, d, v));
            v = Centred(x3 + at);
            (a3, b3, c3, d3) = (Dp.DotProduct(a3, a, v), Dp.DotProduct(b3, b, v), Dp.DotProduct(c3, c, v), Dp.DotProduct(d3, d, v));
            v = Centred(x4 + at);
            (a4, b4, c4, d4) = (Dp.DotProduct(a4, a, v), Dp.DotProduct(b4, b, v), Dp.DotProduct(c4, c, v), Dp.DotProduct(d4, d, v));
            v = Centred(x5 + at);
            (a5, b5, c5, d5) = (Dp.DotProduct(a5, a, v), Dp.DotProduct(b5, b, v), Dp.DotProduct(c5, c, v), Dp.DotProduct(d5, d, v));
        }

        var to = (Vector128<int>*)sums;
        (to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7]) = (a0, b0, c0, d0, a1, b1, c1, d1);
        (to[8], to[9], to[10], to[11], to[12], to[13], to[14], to[15]) = (a2, b2, c2, d2, a3, b3, c3, d3);
        (to[16], to[17], to[18], to[19], to[20], to[21], to[22], to[23]) = (a4, b4, c4, d4, a5, b5, c5, d5);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void NeonOne(byte* x, sbyte* weights, int* taps, int steps, int* sums)
    {
        Vector128<int> a = default, b = default, c = default, d = default;
        for (int s = 0; s < steps; s++, weights += StepBytes)
        {
            Vector128<sbyte> v = Centred(x + taps[s]);
            a = Dot(a, *(Vector128<sbyte>*)weights, v);
            b = Dot(b, *(Vector128<sbyte>*)(weights + 16), v);
            c = Dot(c, *(Vector128<sbyte>*)(weights + 32), v);
            d = Dot(d, *(Vector128<sbyte>*)(weights + 48), v);
        }

        var to = (Vector128<int>*)sums;
        (to[0], to[1], to[2], to[3]) = (a, b, c, d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Centred(byte* x) => Vector128.Create(*(int*)x ^ unchecked((int)0x80808080)).AsSByte();

    // Products of bytes fit 16 bits; they are added in pairs, and the pairs in pairs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Dot(Vector128<int> sum, Vector128<sbyte> w, Vector128<sbyte> x)
    {
        if (Dp.IsSupported)
        {
            return Dp.DotProduct(sum, w, x);
        }

        Vector128<int> low = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningLower(w.GetLower(), x.GetLower()));
        Vector128<int> high = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningUpper(w, x));
        return sum + AdvSimd.Arm64.AddPairwise(low, high);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Scalar(byte* x, sbyte* weights, int* taps, int steps, int* sums)
    {
        for (int c = 0; c < Channels; c++)
        {
            sums[c] = 0;
        }

        for (int s = 0; s < steps; s++, weights += StepBytes)
        {
            byte* v = x + taps[s];
            int v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3];
            for (int c = 0; c < Channels; c++)
            {
                sbyte* w = weights + (4 * c);
                sums[c] += (v0 * w[0]) + (v1 * w[1]) + (v2 * w[2]) + (v3 * w[3]);
            }
        }
    }
}
