// needs: IntegerLayer IntegerOutput
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>8-bit depthwise convolutions: each channel is multiplied with its own weights. Channels of a pixel are side by side, and are the lanes.</summary>
/// <remarks>
/// With a dot product of bytes, four taps of a channel are brought together and multiplied by one instruction; the weights go through the same shuffles once.
/// Padding is the border's zero point, as in <see cref="IntegerConv"/>. All ways are exact.
/// </remarks>
internal static unsafe class IntegerDepthwise
{
    private const int Block = IntegerOutput.Block;

    /// <summary>Runs the layer.</summary>
    /// <param name="loops">The output's pixels.</param>
    /// <param name="x">First byte of the first window; 32 bytes from each tap of each pixel and block on can be read.</param>
    /// <param name="weights">[taps][stride] weights; <paramref name="stride"/> is a multiple of 16.</param>
    /// <param name="taps">Byte offset of each tap; their number is a multiple of 4 (what fills it up has zero weights).</param>
    /// <param name="count">How many taps.</param>
    /// <param name="stride">Weights of a tap, zeros at the end included.</param>
    /// <param name="epilogue">What becomes of the sums.</param>
    /// <param name="y">First pixel of the output.</param>
    public static void Run(in IntegerLoops loops, byte* x, sbyte* weights, int* taps, int count, int stride, in IntegerEpilogue epilogue, byte* y)
    {
        int* sums = stackalloc int[2 * Block];
        byte* shuffled = stackalloc byte[MostTaps * 2 * Block];
        int channel = 0;
        for (; channel < loops.Channels; channel += Block)
        {
            int width = IsVnni && loops.Channels - channel >= 2 * Block ? 2 * Block : Block;
            if (IsVnni)
            {
                Shuffle(weights + channel, stride, count, width, shuffled);
            }

            Rows(loops, x + channel, weights + channel, shuffled, taps, count, stride, epilogue, channel, width, sums, y + channel);
            channel += width - Block;
        }
    }

    /// <summary>Most taps that the kernel takes.</summary>
    public const int MostTaps = 64;

    private static bool IsVnni =>
#if NET9_0_OR_GREATER
        AvxVnni.IsSupported;
#else
        false;
#endif

    private static void Rows(in IntegerLoops loops, byte* x, sbyte* weights, byte* shuffled, int* taps, int count, int stride, in IntegerEpilogue epilogue, int channel, int width, int* sums, byte* y)
    {
        int stored = loops.Channels - channel < width ? loops.Channels - channel : width;
        byte* all = stackalloc byte[2 * Block];
        for (int image = 0; image < loops.Images; image++)
        {
            int* bias = epilogue.Bias + channel;
            for (int row = 0; row < loops.Rows; row++)
            {
                byte* from = x + (image * loops.InputImage) + (row * loops.InputRow);
                byte* to = y + (image * loops.OutputImage) + (row * loops.OutputRow);
                for (int column = 0; column < loops.Width; column++)
                {
                    Sum(from, weights, shuffled, taps, count, stride, width, sums);
                    byte* place = stored == width ? to : all;
                    for (int b = 0; b < width; b += Block)
                    {
                        IntegerOutput.Store(sums + b, epilogue, channel + b, bias + b, signed: false, place + b);
                    }

                    if (stored < width)
                    {
                        IntegerOutput.Copy(all, to, stored);
                    }

                    from += loops.InputPixel;
                    to += loops.OutputPixel;
                    bias += loops.BiasPixel;
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sum(byte* x, sbyte* weights, byte* shuffled, int* taps, int count, int stride, int width, int* sums)
    {
#if NET9_0_OR_GREATER
        if (AvxVnni.IsSupported)
        {
            if (width > Block)
            {
                VnniWide(x, shuffled, taps, count, sums);
            }
            else
            {
                Vnni(x, shuffled, taps, count, sums);
            }

            return;
        }
#endif
        if (Avx2.IsSupported)
        {
            Pairs(x, weights, taps, count, stride, sums);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Plain(x, weights, taps, count, stride, sums);
        }
        else
        {
            Scalar(x, weights, taps, count, stride, sums);
        }
    }

    // Brings the weights of four taps of a channel together, in the order in which the same shuffles leave the pixels.
    private static void Shuffle(sbyte* weights, int stride, int count, int width, byte* to)
    {
        for (int tap = 0; tap < count; tap += 4, to += 4 * width)
        {
            byte* w = (byte*)weights + (tap * stride);
            if (width > Block)
            {
                Quads(*(Vector256<byte>*)w, *(Vector256<byte>*)(w + stride), *(Vector256<byte>*)(w + (2 * stride)), *(Vector256<byte>*)(w + (3 * stride)), out Vector256<byte> a, out Vector256<byte> b, out Vector256<byte> c, out Vector256<byte> d);
                var wide = (Vector256<byte>*)to;
                (wide[0], wide[1], wide[2], wide[3]) = (a, b, c, d);
            }
            else
            {
                Quads(*(Vector128<byte>*)w, *(Vector128<byte>*)(w + stride), *(Vector128<byte>*)(w + (2 * stride)), *(Vector128<byte>*)(w + (3 * stride)), out Vector128<byte> a, out Vector128<byte> b, out Vector128<byte> c, out Vector128<byte> d);
                var narrow = (Vector128<byte>*)to;
                (narrow[0], narrow[1], narrow[2], narrow[3]) = (a, b, c, d);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quads(Vector256<byte> p, Vector256<byte> q, Vector256<byte> r, Vector256<byte> s, out Vector256<byte> a, out Vector256<byte> b, out Vector256<byte> c, out Vector256<byte> d)
    {
        Vector256<short> low = Avx2.UnpackLow(p, q).AsInt16(), high = Avx2.UnpackHigh(p, q).AsInt16();
        Vector256<short> low2 = Avx2.UnpackLow(r, s).AsInt16(), high2 = Avx2.UnpackHigh(r, s).AsInt16();
        (a, b) = (Avx2.UnpackLow(low, low2).AsByte(), Avx2.UnpackHigh(low, low2).AsByte());
        (c, d) = (Avx2.UnpackLow(high, high2).AsByte(), Avx2.UnpackHigh(high, high2).AsByte());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quads(Vector128<byte> p, Vector128<byte> q, Vector128<byte> r, Vector128<byte> s, out Vector128<byte> a, out Vector128<byte> b, out Vector128<byte> c, out Vector128<byte> d)
    {
        Vector128<short> low = Sse2.UnpackLow(p, q).AsInt16(), high = Sse2.UnpackHigh(p, q).AsInt16();
        Vector128<short> low2 = Sse2.UnpackLow(r, s).AsInt16(), high2 = Sse2.UnpackHigh(r, s).AsInt16();
        (a, b) = (Sse2.UnpackLow(low, low2).AsByte(), Sse2.UnpackHigh(low, low2).AsByte());
        (c, d) = (Sse2.UnpackLow(high, high2).AsByte(), Sse2.UnpackHigh(high, high2).AsByte());
    }

#if NET9_0_OR_GREATER
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void VnniWide(byte* x, byte* weights, int* taps, int count, int* sums)
    {
        Vector256<int> a = default, b = default, c = default, d = default;
        for (int t = 0; t < count; t += 4, weights += 4 * 2 * Block)
        {
            Quads(
                *(Vector256<byte>*)(x + taps[t]),
                *(Vector256<byte>*)(x + taps[t + 1]),
                *(Vector256<byte>*)(x + taps[t + 2]),
                *(Vector256<byte>*)(x + taps[t + 3]),
                out Vector256<byte> p,
                out Vector256<byte> q,
                out Vector256<byte> r,
                out Vector256<byte> s);
            var w = (Vector256<sbyte>*)weights;
            a = AvxVnni.MultiplyWideningAndAdd(a, p, w[0]);
            b = AvxVnni.MultiplyWideningAndAdd(b, q, w[1]);
            c = AvxVnni.MultiplyWideningAndAdd(c, r, w[2]);
            d = AvxVnni.MultiplyWideningAndAdd(d, s, w[3]);
        }

        // Each half of a register holds four channels of its own 16.
        *(Vector256<int>*)sums = Avx2.Permute2x128(a, b, 0x20);
        *(Vector256<int>*)(sums + 8) = Avx2.Permute2x128(c, d, 0x20);
        *(Vector256<int>*)(sums + 16) = Avx2.Permute2x128(a, b, 0x31);
        *(Vector256<int>*)(sums + 24) = Avx2.Permute2x128(c, d, 0x31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Vnni(byte* x, byte* weights, int* taps, int count, int* sums)
    {
        Vector128<int> a = default, b = default, c = default, d = default;
        for (int t = 0; t < count; t += 4, weights += 4 * Block)
        {
            Quads(
                *(Vector128<byte>*)(x + taps[t]),
                *(Vector128<byte>*)(x + taps[t + 1]),
                *(Vector128<byte>*)(x + taps[t + 2]),
                *(Vector128<byte>*)(x + taps[t + 3]),
                out Vector128<byte> p,
                out Vector128<byte> q,
                out Vector128<byte> r,
                out Vector128<byte> s);
            var w = (Vector128<sbyte>*)weights;
            a = AvxVnni.MultiplyWideningAndAdd(a, p, w[0]);
            b = AvxVnni.MultiplyWideningAndAdd(b, q, w[1]);
            c = AvxVnni.MultiplyWideningAndAdd(c, r, w[2]);
            d = AvxVnni.MultiplyWideningAndAdd(d, s, w[3]);
        }

        var to = (Vector128<int>*)sums;
        (to[0], to[1], to[2], to[3]) = (a, b, c, d);
    }
#endif

    // Two taps at a time as pairs of 16-bit numbers, whose sums of products fit int32.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pairs(byte* x, sbyte* weights, int* taps, int count, int stride, int* sums)
    {
        Vector256<int> a = default, b = default;
        for (int t = 0; t < count; t += 2, weights += 2 * stride)
        {
            Vector256<short> p = Avx2.ConvertToVector256Int16(x + taps[t]), q = Avx2.ConvertToVector256Int16(x + taps[t + 1]);
            Vector256<short> u = Avx2.ConvertToVector256Int16(weights), v = Avx2.ConvertToVector256Int16(weights + stride);
            a += Avx2.MultiplyAddAdjacent(Avx2.UnpackLow(p, q), Avx2.UnpackLow(u, v));
            b += Avx2.MultiplyAddAdjacent(Avx2.UnpackHigh(p, q), Avx2.UnpackHigh(u, v));
        }

        *(Vector256<int>*)sums = Avx2.Permute2x128(a, b, 0x20);
        *(Vector256<int>*)(sums + 8) = Avx2.Permute2x128(a, b, 0x31);
    }

    // A product of two bytes fits 16 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Plain(byte* x, sbyte* weights, int* taps, int count, int stride, int* sums)
    {
        Vector128<int> a = default, b = default, c = default, d = default;
        for (int t = 0; t < count; t++, weights += stride)
        {
            (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(*(Vector128<byte>*)(x + taps[t]));
            (Vector128<short> lowWeights, Vector128<short> highWeights) = Vector128.Widen(*(Vector128<sbyte>*)weights);
            (Vector128<int> p, Vector128<int> q) = Vector128.Widen(low.AsInt16() * lowWeights);
            (Vector128<int> r, Vector128<int> s) = Vector128.Widen(high.AsInt16() * highWeights);
            a += p;
            b += q;
            c += r;
            d += s;
        }

        var to = (Vector128<int>*)sums;
        (to[0], to[1], to[2], to[3]) = (a, b, c, d);
    }

    private static void Scalar(byte* x, sbyte* weights, int* taps, int count, int stride, int* sums)
    {
        for (int c = 0; c < Block; c++)
        {
            int sum = 0;
            for (int t = 0; t < count; t++)
            {
                sum += x[taps[t] + c] * weights[(t * stride) + c];
            }

            sums[c] = sum;
        }
    }
}
