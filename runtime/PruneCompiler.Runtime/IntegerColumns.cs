// needs: IntegerLayer IntegerOutput
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>8-bit depthwise convolutions with kernels of three columns and up to three rows, column by column.</summary>
/// <remarks>
/// The bytes of a column's rows are brought together once, channel by channel, and multiplied with the weights of each of the three kernel columns: for the
/// output that this column ends, the one that it is the middle of, and the one that it begins. Channels are the lanes. All ways are exact; the tables'
/// channels lie as the shuffles leave them, see <see cref="Order"/>.
/// </remarks>
internal static unsafe class IntegerColumns
{
    /// <summary>Channels of a group.</summary>
    public const int Group = 32;

    /// <summary>Bytes of weights of a group: [kernel column][quarter][channel][row].</summary>
    public const int GroupBytes = 3 * 4 * Group;

    // See IntegerOutput.
    private const float Magic = 12582912f;

    private const int MagicBits = 0x4B400000;

    /// <summary>Which channel of a group has a place in its weights and tables.</summary>
    public static int Order(int place) => (place & ~31) + ((place & 24) >> 1) + (place & 3) + ((place & 4) << 2);

    /// <summary>Runs the layer.</summary>
    /// <param name="loops">The output's pixels; their channels are stored in whole groups of 16.</param>
    /// <param name="x">First byte of the first window; 32 bytes from each pixel and 32 channels on can be read.</param>
    /// <param name="weights"><see cref="GroupBytes"/> for each 32 channels.</param>
    /// <param name="rows">Byte offsets of the three rows of a window; what is no row has zero weights.</param>
    /// <param name="pixel">Bytes from pixel to pixel of the input.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="epilogue">What becomes of the sums; the same bias for all pixels, tables in the order of the weights.</param>
    /// <param name="y">First pixel of the output.</param>
    public static void Run(in IntegerLoops loops, byte* x, sbyte* weights, int* rows, nint pixel, int stride, in IntegerEpilogue epilogue, byte* y)
    {
        for (int channel = 0; channel < loops.Channels; channel += Group, weights += GroupBytes)
        {
            IntegerEpilogue own = epilogue.From(channel);
            bool half = loops.Channels - channel < Group;
            for (int image = 0; image < loops.Images; image++)
            {
                for (int row = 0; row < loops.Rows; row++)
                {
                    byte* from = x + (image * loops.InputImage) + (row * loops.InputRow) + channel, to = y + (image * loops.OutputImage) + (row * loops.OutputRow) + channel;
                    if (Avx2.IsSupported)
                    {
                        Row<Vector256<byte>>(from, rows, pixel, stride, loops.Width, weights, own, to, loops.OutputPixel, half);
                        continue;
                    }

                    for (int part = 0; part < (half ? Group / 2 : Group); part += Group / 2)
                    {
                        // Quarters hold four channels of each half.
                        IntegerEpilogue few = own.From(part >> 2);
                        if (Sse2.IsSupported || AdvSimd.Arm64.IsSupported)
                        {
                            Row<Vector128<byte>>(from + part, rows, pixel, stride, loops.Width, weights + part, few, to + part, loops.OutputPixel, false);
                        }
                        else
                        {
                            Scalar(from + part, rows, pixel, stride, loops.Width, weights + part, few, to + part, loops.OutputPixel);
                        }
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Row<TV>(byte* x, int* rows, nint pixel, int stride, int width, sbyte* weights, in IntegerEpilogue epilogue, byte* y, nint step, bool half)
        where TV : unmanaged
    {
        byte* x0 = x + rows[0], x1 = x + rows[1], x2 = x + rows[2];
        int* bias = epilogue.Bias, shift = epilogue.Shift;
        float* scale = epilogue.Scale;
        IntegerBounds bounds = new(epilogue);
        Column<TV>(x0, x1, x2, out TV a, out TV b, out TV c, out TV d);
        TV a0 = Dot(Bias<TV>(bias, shift, 0), a, weights), b0 = Dot(Bias<TV>(bias, shift, 1), b, weights + 32), c0 = Dot(Bias<TV>(bias, shift, 2), c, weights + 64), d0 = Dot(Bias<TV>(bias, shift, 3), d, weights + 96);
        TV a1 = default, b1 = default, c1 = default, d1 = default;
        nint at = pixel;
        if (stride == 1)
        {
            Column(x0 + at, x1 + at, x2 + at, out a, out b, out c, out d);
            (a0, b0, c0, d0) = (Dot(a0, a, weights + 128), Dot(b0, b, weights + 160), Dot(c0, c, weights + 192), Dot(d0, d, weights + 224));
            (a1, b1, c1, d1) = (Dot(Bias<TV>(bias, shift, 0), a, weights), Dot(Bias<TV>(bias, shift, 1), b, weights + 32), Dot(Bias<TV>(bias, shift, 2), c, weights + 64), Dot(Bias<TV>(bias, shift, 3), d, weights + 96));
            at += pixel;
        }

        for (int i = 0; i < width; i++, at += pixel, y += step)
        {
            if (stride == 2)
            {
                Column(x0 + at, x1 + at, x2 + at, out a, out b, out c, out d);
                (a1, b1, c1, d1) = (a0, b0, c0, d0);
                (a0, b0, c0, d0) = (Dot(a1, a, weights + 128), Dot(b1, b, weights + 160), Dot(c1, c, weights + 192), Dot(d1, d, weights + 224));
                at += pixel;
            }

            Column(x0 + at, x1 + at, x2 + at, out a, out b, out c, out d);
            (a0, b0, c0, d0) = (Dot(a0, a, weights + 256), Dot(b0, b, weights + 288), Dot(c0, c, weights + 320), Dot(d0, d, weights + 352));
            Finish(a0, b0, c0, d0, scale, epilogue, bounds, y, half);
            if (stride == 1)
            {
                (a0, b0, c0, d0) = (Dot(a1, a, weights + 128), Dot(b1, b, weights + 160), Dot(c1, c, weights + 192), Dot(d1, d, weights + 224));
                (a1, b1, c1, d1) = (Dot(Bias<TV>(bias, shift, 0), a, weights), Dot(Bias<TV>(bias, shift, 1), b, weights + 32), Dot(Bias<TV>(bias, shift, 2), c, weights + 64), Dot(Bias<TV>(bias, shift, 3), d, weights + 96));
            }
            else
            {
                (a0, b0, c0, d0) = (Dot(Bias<TV>(bias, shift, 0), a, weights), Dot(Bias<TV>(bias, shift, 1), b, weights + 32), Dot(Bias<TV>(bias, shift, 2), c, weights + 64), Dot(Bias<TV>(bias, shift, 3), d, weights + 96));
            }
        }
    }

    // The rows' bytes channel by channel; in 256 bits each half by itself.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Column<TV>(byte* x0, byte* x1, byte* x2, out TV a, out TV b, out TV c, out TV d)
        where TV : unmanaged
    {
        if (typeof(TV) == typeof(Vector256<byte>))
        {
            Vector256<byte> p = *(Vector256<byte>*)x0, q = *(Vector256<byte>*)x1, r = *(Vector256<byte>*)x2;
            Vector256<short> e = Avx2.UnpackLow(p, q).AsInt16(), f = Avx2.UnpackHigh(p, q).AsInt16(), g = Avx2.UnpackLow(r, Vector256<byte>.Zero).AsInt16(), h = Avx2.UnpackHigh(r, Vector256<byte>.Zero).AsInt16();
            (a, b) = (Unsafe.BitCast<Vector256<short>, TV>(Avx2.UnpackLow(e, g)), Unsafe.BitCast<Vector256<short>, TV>(Avx2.UnpackHigh(e, g)));
            (c, d) = (Unsafe.BitCast<Vector256<short>, TV>(Avx2.UnpackLow(f, h)), Unsafe.BitCast<Vector256<short>, TV>(Avx2.UnpackHigh(f, h)));
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<byte> flip = Vector128.Create((byte)128), p = *(Vector128<byte>*)x0 ^ flip, q = *(Vector128<byte>*)x1 ^ flip, r = *(Vector128<byte>*)x2 ^ flip;
            Vector128<short> e = AdvSimd.Arm64.ZipLow(p, q).AsInt16(), f = AdvSimd.Arm64.ZipHigh(p, q).AsInt16(), g = AdvSimd.Arm64.ZipLow(r, r).AsInt16(), h = AdvSimd.Arm64.ZipHigh(r, r).AsInt16();
            (a, b) = (Unsafe.BitCast<Vector128<short>, TV>(AdvSimd.Arm64.ZipLow(e, g)), Unsafe.BitCast<Vector128<short>, TV>(AdvSimd.Arm64.ZipHigh(e, g)));
            (c, d) = (Unsafe.BitCast<Vector128<short>, TV>(AdvSimd.Arm64.ZipLow(f, h)), Unsafe.BitCast<Vector128<short>, TV>(AdvSimd.Arm64.ZipHigh(f, h)));
        }
        else
        {
            Vector128<byte> p = *(Vector128<byte>*)x0, q = *(Vector128<byte>*)x1, r = *(Vector128<byte>*)x2;
            Vector128<short> e = Sse2.UnpackLow(p, q).AsInt16(), f = Sse2.UnpackHigh(p, q).AsInt16(), g = Sse2.UnpackLow(r, Vector128<byte>.Zero).AsInt16(), h = Sse2.UnpackHigh(r, Vector128<byte>.Zero).AsInt16();
            (a, b) = (Unsafe.BitCast<Vector128<short>, TV>(Sse2.UnpackLow(e, g)), Unsafe.BitCast<Vector128<short>, TV>(Sse2.UnpackHigh(e, g)));
            (c, d) = (Unsafe.BitCast<Vector128<short>, TV>(Sse2.UnpackLow(f, h)), Unsafe.BitCast<Vector128<short>, TV>(Sse2.UnpackHigh(f, h)));
        }
    }

    // Eight biases for each quarter, of which 128 bits take four.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Bias<TV>(int* bias, int* shift, int quarter)
        where TV : unmanaged
    {
        TV value = *(TV*)(bias + (8 * quarter));
        return AdvSimd.Arm64.IsSupported
            ? Unsafe.BitCast<Vector128<int>, TV>(Unsafe.BitCast<TV, Vector128<int>>(value) + *(Vector128<int>*)(shift + (8 * quarter)))
            : value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Dot<TV>(TV sum, TV x, sbyte* w)
        where TV : unmanaged
    {
        if (typeof(TV) == typeof(Vector256<byte>))
        {
            return Unsafe.BitCast<Vector256<int>, TV>(Dot(Unsafe.BitCast<TV, Vector256<int>>(sum), Unsafe.BitCast<TV, Vector256<byte>>(x), *(Vector256<sbyte>*)w));
        }

        return Unsafe.BitCast<Vector128<int>, TV>(Dot(Unsafe.BitCast<TV, Vector128<int>>(sum), Unsafe.BitCast<TV, Vector128<byte>>(x), *(Vector128<sbyte>*)w));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> x, Vector256<sbyte> w)
    {
#if NET9_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            return AvxVnni.MultiplyWideningAndAdd(sum, x, w);
        }
#endif
        // Even and odd bytes apart, as pairs of 16-bit numbers.
        Vector256<short> v = x.AsInt16(), pair = w.AsInt16();
        Vector256<short> even = Avx2.ShiftRightArithmetic(Avx2.ShiftLeftLogical(pair, 8), 8), odd = Avx2.ShiftRightArithmetic(pair, 8);
        return sum + (Avx2.MultiplyAddAdjacent(v & Vector256.Create((short)255), even) + Avx2.MultiplyAddAdjacent(Avx2.ShiftRightLogical(v, 8), odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Dot(Vector128<int> sum, Vector128<byte> x, Vector128<sbyte> w)
    {
        if (Dp.IsSupported)
        {
            return Dp.DotProduct(sum, x.AsSByte(), w);
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<int> low = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningLower(w.GetLower(), x.AsSByte().GetLower()));
            Vector128<int> high = AdvSimd.AddPairwiseWidening(AdvSimd.MultiplyWideningUpper(w, x.AsSByte()));
            return sum + AdvSimd.Arm64.AddPairwise(low, high);
        }

        Vector128<short> v = x.AsInt16(), pair = w.AsInt16();
        Vector128<short> even = Sse2.ShiftRightArithmetic(Sse2.ShiftLeftLogical(pair, 8), 8), odd = Sse2.ShiftRightArithmetic(pair, 8);
        return sum + (Sse2.MultiplyAddAdjacent(v & Vector128.Create((short)255), even) + Sse2.MultiplyAddAdjacent(Sse2.ShiftRightLogical(v, 8), odd));
    }

    // Sums as bytes: clamp(round(s * scale), low, high) + zero; large negative products become the smallest int, which saturates to the same byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TV>(TV a, TV b, TV c, TV d, float* scale, in IntegerEpilogue epilogue, in IntegerBounds bounds, byte* y, bool half)
        where TV : unmanaged
    {
        if (typeof(TV) == typeof(Vector256<byte>))
        {
            Vector256<short> low = Avx2.PackSignedSaturate(Rounded(Unsafe.BitCast<TV, Vector256<int>>(a), scale, bounds.High), Rounded(Unsafe.BitCast<TV, Vector256<int>>(b), scale + 8, bounds.High));
            Vector256<short> up = Avx2.PackSignedSaturate(Rounded(Unsafe.BitCast<TV, Vector256<int>>(c), scale + 16, bounds.High), Rounded(Unsafe.BitCast<TV, Vector256<int>>(d), scale + 24, bounds.High));
            Vector256<byte> bytes = Avx2.PackUnsignedSaturate(Avx2.AddSaturate(low, bounds.Zero), Avx2.AddSaturate(up, bounds.Zero));
            bytes = Avx2.Max(bytes, bounds.Least);
            if (half)
            {
                *(Vector128<byte>*)y = bytes.GetLower();
            }
            else
            {
                *(Vector256<byte>*)y = bytes;
            }

            return;
        }

        Vector128<int> p = Quarter(Unsafe.BitCast<TV, Vector128<int>>(a), scale, epilogue), q = Quarter(Unsafe.BitCast<TV, Vector128<int>>(b), scale + 8, epilogue);
        Vector128<int> r = Quarter(Unsafe.BitCast<TV, Vector128<int>>(c), scale + 16, epilogue), s = Quarter(Unsafe.BitCast<TV, Vector128<int>>(d), scale + 24, epilogue);
        *(Vector128<byte>*)y = Vector128.Narrow(Vector128.Narrow(p, q).AsUInt16(), Vector128.Narrow(r, s).AsUInt16());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Rounded(Vector256<int> sums, float* scale, Vector256<float> high) =>
        Avx.ConvertToVector256Int32(Avx.Min(high, Avx.Multiply(Avx.ConvertToVector256Single(sums), *(Vector256<float>*)scale)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Quarter(Vector128<int> sums, float* scale, in IntegerEpilogue epilogue)
    {
        Vector128<float> scaled = Vector128.ConvertToSingle(sums) * *(Vector128<float>*)scale, low = Vector128.Create(epilogue.Low), high = Vector128.Create(epilogue.High);
        scaled = AdvSimd.IsSupported ? AdvSimd.Min(AdvSimd.Max(scaled, low), high) : Sse.Min(high, Sse.Max(low, scaled));
        return (scaled + Vector128.Create(Magic)).AsInt32() - Vector128.Create(MagicBits - epilogue.Zero);
    }

    private static void Scalar(byte* x, int* rows, nint pixel, int stride, int width, sbyte* weights, in IntegerEpilogue epilogue, byte* y, nint step)
    {
        for (int i = 0; i < width; i++, x += stride * pixel, y += step)
        {
            for (int c = 0; c < Group / 2; c++)
            {
                int place = (8 * (c >> 2)) + (c & 3), sum = epilogue.Bias[place];
                for (int column = 0; column < 3; column++)
                {
                    sbyte* w = weights + (column * 4 * Group) + (4 * place);
                    byte* from = x + (column * pixel) + c;
                    sum += (from[rows[0]] * w[0]) + (from[rows[1]] * w[1]) + (from[rows[2]] * w[2]);
                }

                float scaled = sum * epilogue.Scale[place];
                scaled = scaled < epilogue.Low ? epilogue.Low : scaled > epilogue.High ? epilogue.High : scaled;
                y[c] = (byte)((int)MathF.Round(scaled, MidpointRounding.ToEven) + epilogue.Zero);
            }
        }
    }
}
