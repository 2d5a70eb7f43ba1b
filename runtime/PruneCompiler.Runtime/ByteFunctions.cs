// needs:
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Functions of quantised bytes that are no products: sums of two, means of planes, windows' maxima, tables.</summary>
/// <remarks>Sums and means round halves to even, as the float operators do that they stand for.</remarks>
internal static unsafe class ByteFunctions
{
    private const float Magic = 12582912f;

    private const int MagicBits = 0x4B400000;

    /// <summary>y = clamp(round((a - less[0]) * left + ((b - less[1]) * right + offset)), low, high) + more, row by row.</summary>
    /// <param name="a">First byte.</param>
    /// <param name="b">First byte.</param>
    /// <param name="y">First byte of the result.</param>
    /// <param name="size">Images, rows of each, bytes of each row.</param>
    /// <param name="steps">Bytes from image to image and row to row: of a, of b, of y.</param>
    /// <param name="less">What is taken off a and b first.</param>
    /// <param name="left">Factor of a.</param>
    /// <param name="right">Factor of b.</param>
    /// <param name="offset">Added.</param>
    /// <param name="low">Smallest sum.</param>
    /// <param name="high">Largest sum.</param>
    /// <param name="more">Added after rounding.</param>
    public static void Add(byte* a, byte* b, byte* y, ReadOnlySpan<int> size, ReadOnlySpan<long> steps, ReadOnlySpan<int> less, float left, float right, float offset, float low, float high, int more)
    {
        for (int n = 0; n < size[0]; n++)
        {
            for (int h = 0; h < size[1]; h++)
            {
                AddRow(a + (n * steps[0]) + (h * steps[1]), b + (n * steps[2]) + (h * steps[3]), y + (n * steps[4]) + (h * steps[5]), size[2], less[0], less[1], left, right, offset, low, high, more);
            }
        }
    }

    /// <summary>The scaled sum of each channel's pixels, channels side by side.</summary>
    /// <param name="x">First pixel.</param>
    /// <param name="y">[images][channels].</param>
    /// <param name="size">Images, channels, height, width.</param>
    /// <param name="steps">Bytes from image to image, row to row, pixel to pixel.</param>
    /// <param name="zero">Taken off each pixel.</param>
    /// <param name="factor">Factor of the sum.</param>
    /// <param name="yZero">Added after rounding.</param>
    /// <param name="low">Smallest result.</param>
    /// <param name="high">Largest result.</param>
    public static void Mean(byte* x, byte* y, ReadOnlySpan<int> size, ReadOnlySpan<long> steps, int zero, float factor, int yZero, int low, int high)
    {
        int channels = size[1], height = size[2], width = size[3];
        int* sums = stackalloc int[Vector<byte>.Count];
        for (int n = 0; n < size[0]; n++)
        {
            for (int c = 0; c < channels;)
            {
                byte* from = x + (n * steps[0]) + c;
                int count = channels - c < Vector<byte>.Count ? 1 : Vector<byte>.Count;
                if (count > 1)
                {
                    SumLanes(from, height, width, steps[1], steps[2], sums);
                }
                else
                {
                    int sum = 0;
                    for (int h = 0; h < height; h++)
                    {
                        for (int w = 0; w < width; w++)
                        {
                            sum += from[(h * steps[1]) + (w * steps[2])];
                        }
                    }

                    sums[0] = sum;
                }

                for (int i = 0; i < count; i++)
                {
                    float scaled = (sums[i] - (zero * height * width)) * factor;
                    scaled = scaled < low - yZero ? low - yZero : scaled > high - yZero ? high - yZero : scaled;
                    y[(n * channels) + c + i] = (byte)((int)MathF.Round(scaled, MidpointRounding.ToEven) + yZero);
                }

                c += count;
            }
        }
    }

    /// <summary>The largest byte under each window, channels side by side.</summary>
    /// <param name="x">First pixel.</param>
    /// <param name="y">First pixel of the result.</param>
    /// <param name="size">Images, channels, height and width of x, height and width of y.</param>
    /// <param name="window">Kernel, stride, dilation and padding in front, each of rows and of columns.</param>
    /// <param name="steps">Bytes from image to image, row to row, pixel to pixel: of x, of y.</param>
    public static void Max(byte* x, byte* y, ReadOnlySpan<int> size, ReadOnlySpan<int> window, ReadOnlySpan<long> steps)
    {
        for (int n = 0; n < size[0]; n++)
        {
            for (int h = 0; h < size[4]; h++)
            {
                for (int w = 0; w < size[5]; w++)
                {
                    byte* to = y + (n * steps[3]) + (h * steps[4]) + (w * steps[5]);
                    int top = (h * window[2]) - window[6], left = (w * window[3]) - window[7];
                    bool first = true;
                    for (int ky = 0; ky < window[0]; ky++)
                    {
                        int row = top + (ky * window[4]);
                        for (int kx = 0; kx < window[1]; kx++)
                        {
                            int column = left + (kx * window[5]);
                            if ((uint)row < (uint)size[2] && (uint)column < (uint)size[3])
                            {
                                Larger(x + (n * steps[0]) + (row * steps[1]) + (column * steps[2]), to, size[1], first);
                                first = false;
                            }
                        }
                    }

                    if (first)
                    {
                        Unsafe.InitBlockUnaligned(to, 0, (uint)size[1]);
                    }
                }
            }
        }
    }

    /// <summary>y = table[x], row by row.</summary>
    /// <param name="x">First byte.</param>
    /// <param name="table">256 entries.</param>
    /// <param name="y">First element of the result.</param>
    /// <param name="size">Images, rows of each, elements of each row.</param>
    /// <param name="steps">Elements from image to image and row to row: of x, of y.</param>
    /// <typeparam name="TX">byte or sbyte; the bits are the index.</typeparam>
    /// <typeparam name="TY">Element of the result.</typeparam>
    public static void Table<TX, TY>(TX* x, TY* table, TY* y, ReadOnlySpan<int> size, ReadOnlySpan<long> steps)
        where TX : unmanaged
        where TY : unmanaged
    {
        for (int n = 0; n < size[0]; n++)
        {
            for (int h = 0; h < size[1]; h++)
            {
                byte* from = (byte*)x + (n * steps[0]) + (h * steps[1]);
                TY* to = y + (n * steps[2]) + (h * steps[3]);
                for (int i = 0; i < size[2]; i++)
                {
                    to[i] = table[from[i]];
                }
            }
        }
    }

    private static void Larger(byte* x, byte* y, int count, bool first)
    {
        int i = 0;
        for (; i <= count - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            *(Vector<byte>*)(y + i) = first ? *(Vector<byte>*)(x + i) : Vector.Max(*(Vector<byte>*)(y + i), *(Vector<byte>*)(x + i));
        }

        for (; i < count; i++)
        {
            y[i] = first || x[i] > y[i] ? x[i] : y[i];
        }
    }

    private static void SumLanes(byte* x, int height, int width, long row, long pixel, int* sums)
    {
        Vector<uint> a = default, b = default, c = default, d = default;
        for (int h = 0; h < height; h++)
        {
            for (int w = 0; w < width; w++)
            {
                Vector.Widen(*(Vector<byte>*)(x + (h * row) + (w * pixel)), out Vector<ushort> low, out Vector<ushort> high);
                Vector.Widen(low, out Vector<uint> p, out Vector<uint> q);
                Vector.Widen(high, out Vector<uint> r, out Vector<uint> s);
                a += p;
                b += q;
                c += r;
                d += s;
            }
        }

        var to = (Vector<uint>*)sums;
        (to[0], to[1], to[2], to[3]) = (a, b, c, d);
    }

    private static void AddRow(byte* a, byte* b, byte* y, int count, int aLess, int bLess, float left, float right, float offset, float low, float high, int more)
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            for (; i <= count - 16; i += 16)
            {
                Vector512<float> p = Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(*(Vector128<byte>*)(a + i)) - Vector512.Create(aLess)) * Vector512.Create(left);
                Vector512<float> q = Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(*(Vector128<byte>*)(b + i)) - Vector512.Create(bLess)) * Vector512.Create(right);
                Vector512<float> sum = Avx512F.Add(p, Avx512F.Add(q, Vector512.Create(offset)));
                sum = Avx512F.Min(Vector512.Create(high), Avx512F.Max(Vector512.Create(low), sum));
                *(Vector128<byte>*)(y + i) = Avx512F.ConvertToVector128Byte(Avx512F.ConvertToVector512Int32(sum) + Vector512.Create(more));
            }
        }
        else if (AdvSimd.IsSupported || Sse2.IsSupported)
        {
            for (; i <= count - 16; i += 16)
            {
                (Vector128<ushort> aLow, Vector128<ushort> aHigh) = Vector128.Widen(*(Vector128<byte>*)(a + i));
                (Vector128<ushort> bLow, Vector128<ushort> bHigh) = Vector128.Widen(*(Vector128<byte>*)(b + i));
                Vector128<ushort> first = Eight(aLow, bLow, aLess, bLess, left, right, offset, low, high, more);
                *(Vector128<byte>*)(y + i) = Vector128.Narrow(first, Eight(aHigh, bHigh, aLess, bLess, left, right, offset, low, high, more));
            }
        }

        for (; i < count; i++)
        {
            float product = (a[i] - aLess) * left, other = (b[i] - bLess) * right;
            float sum = other + offset;
            sum = product + sum;
            sum = sum < low ? low : sum > high ? high : sum;
            y[i] = (byte)((int)MathF.Round(sum, MidpointRounding.ToEven) + more);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Eight(Vector128<ushort> a, Vector128<ushort> b, int aLess, int bLess, float left, float right, float offset, float low, float high, int more)
    {
        (Vector128<uint> a0, Vector128<uint> a1) = Vector128.Widen(a);
        (Vector128<uint> b0, Vector128<uint> b1) = Vector128.Widen(b);
        Vector128<int> first = Four(a0.AsInt32(), b0.AsInt32(), aLess, bLess, left, right, offset, low, high, more);
        return Vector128.Narrow(first, Four(a1.AsInt32(), b1.AsInt32(), aLess, bLess, left, right, offset, low, high, more)).AsUInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four(Vector128<int> a, Vector128<int> b, int aLess, int bLess, float left, float right, float offset, float low, float high, int more)
    {
        Vector128<float> p = Vector128.ConvertToSingle(a - Vector128.Create(aLess)) * Vector128.Create(left);
        Vector128<float> q = Vector128.ConvertToSingle(b - Vector128.Create(bLess)) * Vector128.Create(right);
        Vector128<float> sum = p + (q + Vector128.Create(offset)), least = Vector128.Create(low), most = Vector128.Create(high);
        sum = AdvSimd.IsSupported ? AdvSimd.Min(AdvSimd.Max(sum, least), most) : Sse.Min(most, Sse.Max(least, sum));
        return (sum + Vector128.Create(Magic)).AsInt32() - Vector128.Create(MagicBits - more);
    }
}
