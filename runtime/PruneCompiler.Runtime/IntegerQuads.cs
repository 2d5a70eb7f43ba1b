// needs: IntegerLayer
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Sums of output channels for neighbouring positions, over any taps four at a time. All ways are exact.</summary>
/// <remarks>
/// The bytes of four planes are brought together position by position, so that a dot product takes four taps that have nothing to do with each other:
/// zero weights between them cost nothing. NEON's dot product is of signed bytes: it takes planes of x - 128, see <see cref="Signed"/>.
/// </remarks>
internal static unsafe class IntegerQuads
{
    /// <summary>Positions of a long step; a short one has half of them.</summary>
    public const int Long = 64;

    private const int Short = Long / 2, Channels = 16;

    // See IntegerOutput.
    private const float Magic = 12582912f;

    private const int MagicBits = 0x4B400000;

    /// <summary>True where the planes hold x - 128.</summary>
    public static bool Signed => AdvSimd.Arm64.IsSupported;

    /// <summary>16 output channels for 64 positions, or for the first 32: bytes [16][64], or sums [16][64] at <see cref="Place"/> where T is no byte.</summary>
    /// <param name="x">The first position of the planes; from each tap on as many bytes can be read as there are positions.</param>
    /// <param name="taps">Offsets of four taps for each quad.</param>
    /// <param name="weights">Four weights for each quad.</param>
    /// <param name="quads">How many each channel has.</param>
    /// <param name="order">The channels, in the order of their quads: few changes of number, few loops that end unforeseen.</param>
    /// <param name="isLong">64 positions.</param>
    /// <param name="epilogue">Its tables begin with these channels.</param>
    /// <param name="y">Written.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block<T, TTap>(byte* x, TTap* taps, sbyte* weights, int* quads, byte* order, bool isLong, in IntegerEpilogue epilogue, T* y)
        where T : unmanaged
        where TTap : unmanaged
    {
        if (!Avx2.IsSupported)
        {
            Portable(x, taps, weights, quads, order, isLong ? Long : Short, epilogue, y);
        }
        else if (isLong)
        {
            Block64(x, taps, weights, quads, order, epilogue, y);
        }
        else
        {
            Block32(x, taps, weights, quads, order, epilogue, y);
        }
    }

    /// <summary>Where the sums of four neighbouring positions lie.</summary>
    /// <param name="position">A multiple of four.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Place(int position) =>
        Avx2.IsSupported ? (position & Short) + ((position & 12) << 1) + ((position & 16) >> 2) : position;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Quarter(int* sums, float scale, in IntegerEpilogue epilogue)
    {
        Vector128<float> scaled = Vector128.ConvertToSingle(*(Vector128<int>*)sums) * Vector128.Create(scale), low = Vector128.Create(epilogue.Low), high = Vector128.Create(epilogue.High);
        scaled = AdvSimd.IsSupported ? AdvSimd.Min(AdvSimd.Max(scaled, low), high) : Sse.Min(high, Sse.Max(low, scaled));
        return (scaled + Vector128.Create(Magic)).AsInt32() - Vector128.Create(MagicBits - epilogue.Zero);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nint Offset<TTap>(TTap* taps, int i)
        where TTap : unmanaged => sizeof(TTap) == sizeof(ushort) ? ((ushort*)taps)[i] : ((int*)taps)[i];

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Block64<T, TTap>(byte* x, TTap* taps, sbyte* weights, int* quads, byte* order, in IntegerEpilogue epilogue, T* y)
        where T : unmanaged
        where TTap : unmanaged
    {
        IntegerBounds bounds = new(epilogue);
        for (int i = 0; i < Channels; i++)
        {
            nint channel = order[i];
            Vector256<int> a0 = Vector256.Create(epilogue.Bias[channel]), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
            for (sbyte* end = weights + (4 * (nint)quads[channel]); weights < end; weights += 4, taps += 4)
            {
                Vector256<sbyte> w = Vector256.Create(*(int*)weights).AsSByte();
                byte* x0 = x + Offset(taps, 0), x1 = x + Offset(taps, 1), x2 = x + Offset(taps, 2), x3 = x + Offset(taps, 3);
                Vector256<byte> p = *(Vector256<byte>*)x0, q = *(Vector256<byte>*)x1, r = *(Vector256<byte>*)x2, s = *(Vector256<byte>*)x3;
                Vector256<short> c = Avx2.UnpackLow(p, q).AsInt16(), d = Avx2.UnpackHigh(p, q).AsInt16(), e = Avx2.UnpackLow(r, s).AsInt16(), f = Avx2.UnpackHigh(r, s).AsInt16();
                a0 = Dot(a0, Avx2.UnpackLow(c, e).AsByte(), w);
                a1 = Dot(a1, Avx2.UnpackHigh(c, e).AsByte(), w);
                a2 = Dot(a2, Avx2.UnpackLow(d, f).AsByte(), w);
                a3 = Dot(a3, Avx2.UnpackHigh(d, f).AsByte(), w);
                (p, q, r, s) = (*(Vector256<byte>*)(x0 + 32), *(Vector256<byte>*)(x1 + 32), *(Vector256<byte>*)(x2 + 32), *(Vector256<byte>*)(x3 + 32));
                (c, d, e, f) = (Avx2.UnpackLow(p, q).AsInt16(), Avx2.UnpackHigh(p, q).AsInt16(), Avx2.UnpackLow(r, s).AsInt16(), Avx2.UnpackHigh(r, s).AsInt16());
                b0 = Dot(b0, Avx2.UnpackLow(c, e).AsByte(), w);
                b1 = Dot(b1, Avx2.UnpackHigh(c, e).AsByte(), w);
                b2 = Dot(b2, Avx2.UnpackLow(d, f).AsByte(), w);
                b3 = Dot(b3, Avx2.UnpackHigh(d, f).AsByte(), w);
            }

            T* to = y + (channel * Long);
            Finish(a0, a1, a2, a3, epilogue.Scale[channel], bounds, to);
            Finish(b0, b1, b2, b3, epilogue.Scale[channel], bounds, to + Short);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Block32<T, TTap>(byte* x, TTap* taps, sbyte* weights, int* quads, byte* order, in IntegerEpilogue epilogue, T* y)
        where T : unmanaged
        where TTap : unmanaged
    {
        IntegerBounds bounds = new(epilogue);
        for (int i = 0; i < Channels; i++)
        {
            nint channel = order[i];
            Vector256<int> a0 = Vector256.Create(epilogue.Bias[channel]), a1 = a0, a2 = a0, a3 = a0;
            for (sbyte* end = weights + (4 * (nint)quads[channel]); weights < end; weights += 4, taps += 4)
            {
                Vector256<sbyte> w = Vector256.Create(*(int*)weights).AsSByte();
                Vector256<byte> p = *(Vector256<byte>*)(x + Offset(taps, 0)), q = *(Vector256<byte>*)(x + Offset(taps, 1));
                Vector256<byte> r = *(Vector256<byte>*)(x + Offset(taps, 2)), s = *(Vector256<byte>*)(x + Offset(taps, 3));
                Vector256<short> c = Avx2.UnpackLow(p, q).AsInt16(), d = Avx2.UnpackHigh(p, q).AsInt16(), e = Avx2.UnpackLow(r, s).AsInt16(), f = Avx2.UnpackHigh(r, s).AsInt16();
                a0 = Dot(a0, Avx2.UnpackLow(c, e).AsByte(), w);
                a1 = Dot(a1, Avx2.UnpackHigh(c, e).AsByte(), w);
                a2 = Dot(a2, Avx2.UnpackLow(d, f).AsByte(), w);
                a3 = Dot(a3, Avx2.UnpackHigh(d, f).AsByte(), w);
            }

            Finish(a0, a1, a2, a3, epilogue.Scale[channel], bounds, y + (channel * Long));
        }
    }

    // 32 sums as bytes: clamp(round(s * scale), low, high) + zero. Else as they are.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<T>(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, float scale, in IntegerBounds bounds, T* y)
        where T : unmanaged
    {
        if (typeof(T) != typeof(byte))
        {
            var sums = (Vector256<int>*)y;
            (sums[0], sums[1], sums[2], sums[3]) = (a, b, c, d);
            return;
        }

        // Large negative products become the smallest int; both saturate to the same byte.
        Vector256<float> factor = Vector256.Create(scale);
        Vector256<short> low = Avx2.PackSignedSaturate(Rounded(a, factor, bounds.High), Rounded(b, factor, bounds.High));
        Vector256<short> up = Avx2.PackSignedSaturate(Rounded(c, factor, bounds.High), Rounded(d, factor, bounds.High));
        Vector256<byte> bytes = Avx2.PackUnsignedSaturate(Avx2.AddSaturate(low, bounds.Zero), Avx2.AddSaturate(up, bounds.Zero));
        *(Vector256<byte>*)y = Avx2.Max(bytes, bounds.Least);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Rounded(Vector256<int> sums, Vector256<float> scale, Vector256<float> high) =>
        Avx.ConvertToVector256Int32(Avx.Min(high, Avx.Multiply(Avx.ConvertToVector256Single(sums), scale)));

    private static void Portable<T, TTap>(byte* x, TTap* taps, sbyte* weights, int* quads, byte* order, int positions, in IntegerEpilogue epilogue, T* y)
        where T : unmanaged
        where TTap : unmanaged
    {
        int* room = stackalloc int[Long];
        for (int i = 0; i < Channels; i++)
        {
            int channel = order[i], n = quads[channel], bias = epilogue.Bias[channel] + (Signed ? epilogue.Shift[channel] : 0);
            int* sums = typeof(T) == typeof(byte) ? room : (int*)(y + (channel * Long));
            if (AdvSimd.Arm64.IsSupported)
            {
                for (int p = 0; p < positions; p += Short)
                {
                    Neon(x + p, taps, weights, n, bias, sums + p);
                }
            }
            else
            {
                Scalar(x, taps, weights, n, positions, bias, sums);
            }

            if (typeof(T) == typeof(byte))
            {
                Bytes(sums, epilogue.Scale[channel], epilogue, positions, (byte*)(y + (channel * Long)));
            }

            taps += 4 * n;
            weights += 4 * n;
        }
    }

    private static void Bytes(int* sums, float scale, in IntegerEpilogue epilogue, int positions, byte* y)
    {
        for (int p = 0; p < positions; p += 16)
        {
            if (AdvSimd.IsSupported || Sse2.IsSupported)
            {
                int* own = sums + p;
                Vector128<int> a = Quarter(own, scale, epilogue), b = Quarter(own + 4, scale, epilogue), c = Quarter(own + 8, scale, epilogue), d = Quarter(own + 12, scale, epilogue);
                *(Vector128<byte>*)(y + p) = Vector128.Narrow(Vector128.Narrow(a, b).AsUInt16(), Vector128.Narrow(c, d).AsUInt16());
                continue;
            }

            for (int i = p; i < p + 16; i++)
            {
                float scaled = sums[i] * scale;
                scaled = scaled < epilogue.Low ? epilogue.Low : scaled > epilogue.High ? epilogue.High : scaled;
                y[i] = (byte)((int)MathF.Round(scaled, MidpointRounding.ToEven) + epilogue.Zero);
            }
        }
    }

    // Without a dot product of bytes: even and odd bytes apart, as pairs of 16-bit numbers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> x, Vector256<sbyte> w)
    {
#if NET9_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sum, x, w);
        }
#endif
        Vector256<short> v = x.AsInt16(), pair = w.AsInt16();
        Vector256<short> even = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(pair, 8), 8), odd = Avx2.ShiftRightArithmetic(pair, 8);
        return sum + (Avx2.MultiplyAddAdjacent(v & Vector256.Create((short)255), even) + Avx2.MultiplyAddAdjacent(Avx2.ShiftRightLogical(v, 8), odd));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Neon<TTap>(byte* x, TTap* taps, sbyte* weights, int quads, int bias, int* sums)
        where TTap : unmanaged
    {
        Vector128<int> a0 = Vector128.Create(bias), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        for (sbyte* end = weights + (4 * (nint)quads); weights < end; weights += 4, taps += 4)
        {
            Vector128<sbyte> w = Vector128.Create(*(int*)weights).AsSByte();
            byte* x0 = x + Offset(taps, 0), x1 = x + Offset(taps, 1), x2 = x + Offset(taps, 2), x3 = x + Offset(taps, 3);
            (Vector128<short> c, Vector128<short> d) = Zip(x0, x1);
            (Vector128<short> e, Vector128<short> f) = Zip(x2, x3);
            a0 = Dot(a0, AdvSimd.Arm64.ZipLow(c, e).AsSByte(), w);
            a1 = Dot(a1, AdvSimd.Arm64.ZipHigh(c, e).AsSByte(), w);
            a2 = Dot(a2, AdvSimd.Arm64.ZipLow(d, f).AsSByte(), w);
            a3 = Dot(a3, AdvSimd.Arm64.ZipHigh(d, f).AsSByte(), w);
            (c, d) = Zip(x0 + 16, x1 + 16);
            (e, f) = Zip(x2 + 16, x3 + 16);
            b0 = Dot(b0, AdvSimd.Arm64.ZipLow(c, e).AsSByte(), w);
            b1 = Dot(b1, AdvSimd.Arm64.ZipHigh(c, e).AsSByte(), w);
            b2 = Dot(b2, AdvSimd.Arm64.ZipLow(d, f).AsSByte(), w);
            b3 = Dot(b3, AdvSimd.Arm64.ZipHigh(d, f).AsSByte(), w);
        }

        var to = (Vector128<int>*)sums;
        (to[0], to[1], to[2], to[3], to[4], to[5], to[6], to[7]) = (a0, a1, a2, a3, b0, b1, b2, b3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<short> Low, Vector128<short> High) Zip(byte* a, byte* b)
    {
        Vector128<byte> p = *(Vector128<byte>*)a, q = *(Vector128<byte>*)b;
        return (AdvSimd.Arm64.ZipLow(p, q).AsInt16(), AdvSimd.Arm64.ZipHigh(p, q).AsInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Dot(Vector128<int> sum, Vector128<sbyte> x, Vector128<sbyte> w)
    {
        if (Dp.IsSupported)
        {
            return Dp.DotProduct(sum, x, w);
        }

        Vector128<int> low = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningLower(w.GetLower(), x.GetLower()));
        Vector128<int> high = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningUpper(w, x));
        return sum + AdvSimd.Arm64.AddPairwise(low, high);
    }

    private static void Scalar<TTap>(byte* x, TTap* taps, sbyte* weights, int quads, int positions, int bias, int* sums)
        where TTap : unmanaged
    {
        for (int p = 0; p < positions; p++)
        {
            sums[p] = bias;
        }

        for (int i = 0; i < 4 * quads; i++)
        {
            byte* v = x + Offset(taps, i);
            int w = weights[i];
            for (int p = 0; w != 0 && p < positions; p++)
            {
                sums[p] += v[p] * w;
            }
        }
    }
}
