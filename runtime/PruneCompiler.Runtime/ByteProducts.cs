// needs:
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Products of quantised bytes. They are exact; scaled in single precision, halves are rounded to even.</summary>
internal static unsafe class ByteProducts
{
    private const float Magic = 12582912f;

    private const int MagicBits = 0x4B400000;

    /// <summary>y = clamp(round((a - zeros[0]) * (b - zeros[1]) * factor), low, high) + zeros[2], run by run.</summary>
    /// <param name="a">First byte.</param>
    /// <param name="b">First byte.</param>
    /// <param name="y">First byte of the result.</param>
    /// <param name="size">Images, rows of each, runs of a row, bytes of a run.</param>
    /// <param name="steps">Bytes from image to image, row to row and run to run: of a, of b, of y.</param>
    /// <param name="single">Not 0: one byte of b serves a whole run.</param>
    /// <param name="zeros">Zero points of a, b and y.</param>
    /// <param name="factor">Factor of the product.</param>
    /// <param name="low">Smallest result, without the zero point.</param>
    /// <param name="high">Largest result, without the zero point.</param>
    public static void Multiply(byte* a, byte* b, byte* y, ReadOnlySpan<int> size, ReadOnlySpan<long> steps, int single, ReadOnlySpan<int> zeros, float factor, float low, float high)
    {
        byte* same = stackalloc byte[16];
        for (int n = 0; n < size[0]; n++)
        {
            for (int h = 0; h < size[1]; h++)
            {
                for (int r = 0; r < size[2]; r++)
                {
                    byte* other = b + (n * steps[3]) + (h * steps[4]) + (r * steps[5]);
                    if (single != 0)
                    {
                        new Span<byte>(same, 16).Fill(*other);
                        other = same;
                    }

                    Run(a + (n * steps[0]) + (h * steps[1]) + (r * steps[2]), other, single == 0 ? 1 : 0, y + (n * steps[6]) + (h * steps[7]) + (r * steps[8]), size[3], zeros[0], zeros[1], zeros[2], factor, low, high);
                }
            }
        }
    }

    private static void Run(byte* a, byte* b, int step, byte* y, int count, int aZero, int bZero, int yZero, float factor, float low, float high)
    {
        // 16 bytes of a, and of b or its only ones, up to the last whole 16 of the run.
        int i = 0;
        if (Avx512F.IsSupported)
        {
            for (; i <= count - 16; i += 16)
            {
                Vector512<int> p = Avx512F.ConvertToVector512Int32(*(Vector128<byte>*)(a + i)) - Vector512.Create(aZero);
                Vector512<int> q = Avx512F.ConvertToVector512Int32(*(Vector128<byte>*)(b + (i * step))) - Vector512.Create(bZero);
                Vector512<float> scaled = Avx512F.Multiply(Avx512F.ConvertToVector512Single(p * q), Vector512.Create(factor));
                scaled = Avx512F.Min(Vector512.Create(high), Avx512F.Max(Vector512.Create(low), scaled));
                *(Vector128<byte>*)(y + i) = Avx512F.ConvertToVector128Byte(Avx512F.ConvertToVector512Int32(scaled) + Vector512.Create(yZero));
            }
        }
        else if (AdvSimd.IsSupported || Sse2.IsSupported)
        {
            for (; i <= count - 16; i += 16)
            {
                (Vector128<ushort> aLow, Vector128<ushort> aHigh) = Vector128.Widen(*(Vector128<byte>*)(a + i));
                (Vector128<ushort> bLow, Vector128<ushort> bHigh) = Vector128.Widen(*(Vector128<byte>*)(b + (i * step)));
                Vector128<ushort> first = Eight(aLow, bLow, aZero, bZero, yZero, factor, low, high);
                *(Vector128<byte>*)(y + i) = Vector128.Narrow(first, Eight(aHigh, bHigh, aZero, bZero, yZero, factor, low, high));
            }
        }

        for (; i < count; i++)
        {
            float scaled = (a[i] - aZero) * (b[i * step] - bZero) * factor;
            scaled = scaled < low ? low : scaled > high ? high : scaled;
            y[i] = (byte)((int)MathF.Round(scaled, MidpointRounding.ToEven) + yZero);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Eight(Vector128<ushort> a, Vector128<ushort> b, int aZero, int bZero, int yZero, float factor, float low, float high)
    {
        (Vector128<uint> a0, Vector128<uint> a1) = Vector128.Widen(a);
        (Vector128<uint> b0, Vector128<uint> b1) = Vector128.Widen(b);
        Vector128<int> first = Four(a0.AsInt32(), b0.AsInt32(), aZero, bZero, yZero, factor, low, high);
        return Vector128.Narrow(first, Four(a1.AsInt32(), b1.AsInt32(), aZero, bZero, yZero, factor, low, high)).AsUInt16();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Four(Vector128<int> a, Vector128<int> b, int aZero, int bZero, int yZero, float factor, float low, float high)
    {
        // Differences of bytes and their products are whole in single precision.
        Vector128<float> p = Vector128.ConvertToSingle(a - Vector128.Create(aZero)) * Vector128.ConvertToSingle(b - Vector128.Create(bZero));
        Vector128<float> scaled = p * Vector128.Create(factor), least = Vector128.Create(low), most = Vector128.Create(high);
        scaled = AdvSimd.IsSupported ? AdvSimd.Min(AdvSimd.Max(scaled, least), most) : Sse.Min(most, Sse.Max(least, scaled));
        return (scaled + Vector128.Create(Magic)).AsInt32() - Vector128.Create(MagicBits - yZero);
    }
}
