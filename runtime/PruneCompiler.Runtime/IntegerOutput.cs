// needs: IntegerLayer
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>The end of 8-bit layers: 16 sums become bytes (requantised), floats (scaled) or stay int32.</summary>
internal static unsafe class IntegerOutput
{
    /// <summary>Channels that are finished together.</summary>
    public const int Block = 16;

    // Adding 1.5 * 2^23 leaves a small number's nearest whole number in the lowest bits of the sum, halves rounded to even.
    private const float Magic = 12582912f;

    private const int MagicBits = 0x4B400000;

    // The tile stores its sums in halves then: one load of the whole would wait until they have left for the cache.
    private static bool IsHalved =>
#if NET9_0_OR_GREATER
        AvxVnni.IsSupported;
#else
        false;
#endif

    /// <summary>Finishes 16 sums of one pixel.</summary>
    /// <param name="sums">16 sums.</param>
    /// <param name="epilogue">Tables for all channels.</param>
    /// <param name="channel">The first of the 16 channels.</param>
    /// <param name="bias">16 biases.</param>
    /// <param name="signed">The sums were taken over x - 128.</param>
    /// <param name="y">Room for 16 results.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(int* sums, in IntegerEpilogue epilogue, int channel, int* bias, bool signed, T* y)
        where T : unmanaged => Store(sums, epilogue, bias, signed ? epilogue.Shift + channel : null, epilogue.Scale + channel, y);

    /// <summary>Copies the first results of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy<T>(T* from, T* to, int count)
        where T : unmanaged
    {
        int i = 0;
        if (sizeof(T) == 1 && count >= 8)
        {
            *(long*)to = *(long*)from;
            i = 8;
        }

        for (; i < count; i++)
        {
            to[i] = from[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(int* sums, in IntegerEpilogue epilogue, int* bias, int* shift, float* scale, T* y)
        where T : unmanaged
    {
        // 16 elements of every table and of y: they exist by the caller's contract.
        if (typeof(T) == typeof(byte))
        {
            Bytes(sums, epilogue, bias, shift, scale, (byte*)y);
            return;
        }

        for (int i = 0; i < Block; i++)
        {
            int sum = unchecked(sums[i] + bias[i] + (shift == null ? 0 : shift[i]));
            if (typeof(T) == typeof(float))
            {
                ((float*)y)[i] = sum * scale[i];
            }
            else
            {
                ((int*)y)[i] = sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Bytes(int* sums, in IntegerEpilogue epilogue, int* bias, int* shift, float* scale, byte* y)
    {
        if (Avx512F.IsSupported && !IsHalved)
        {
            Vector512<float> scaled = Avx512F.Multiply(Avx512F.ConvertToVector512Single(*(Vector512<int>*)sums + *(Vector512<int>*)bias), *(Vector512<float>*)scale);
            scaled = Avx512F.Min(Vector512.Create(epilogue.High), Avx512F.Max(Vector512.Create(epilogue.Low), scaled));
            *(Vector128<byte>*)y = Avx512F.ConvertToVector128Byte(Avx512F.ConvertToVector512Int32(scaled) + Vector512.Create(epilogue.Zero));
        }
        else if (Avx2.IsSupported)
        {
            Vector256<int> zero = Vector256.Create(epilogue.Zero);
            Vector256<int> a = Round(*(Vector256<int>*)sums + *(Vector256<int>*)bias, *(Vector256<float>*)scale, epilogue) + zero;
            Vector256<int> b = Round(*(Vector256<int>*)(sums + 8) + *(Vector256<int>*)(bias + 8), *(Vector256<float>*)(scale + 8), epilogue) + zero;
            Vector128<short> low = Sse2.PackSignedSaturate(a.GetLower(), a.GetUpper()), high = Sse2.PackSignedSaturate(b.GetLower(), b.GetUpper());
            *(Vector128<byte>*)y = Sse2.PackUnsignedSaturate(low, high);
        }
        else if (AdvSimd.IsSupported || Sse2.IsSupported)
        {
            Vector128<int> a = Quarter(sums, bias, shift, scale, epilogue, 0), b = Quarter(sums, bias, shift, scale, epilogue, 4);
            Vector128<int> c = Quarter(sums, bias, shift, scale, epilogue, 8), d = Quarter(sums, bias, shift, scale, epilogue, 12);
            *(Vector128<byte>*)y = Vector128.Narrow(Vector128.Narrow(a, b).AsUInt16(), Vector128.Narrow(c, d).AsUInt16());
        }
        else
        {
            for (int i = 0; i < Block; i++)
            {
                float scaled = unchecked(sums[i] + bias[i] + (shift == null ? 0 : shift[i])) * scale[i];
                scaled = scaled < epilogue.Low ? epilogue.Low : scaled > epilogue.High ? epilogue.High : scaled;
                y[i] = (byte)((int)MathF.Round(scaled, MidpointRounding.ToEven) + epilogue.Zero);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Round(Vector256<int> sums, Vector256<float> scale, in IntegerEpilogue epilogue)
    {
        Vector256<float> scaled = Avx.Multiply(Avx.ConvertToVector256Single(sums), scale);
        return Avx.ConvertToVector256Int32(Avx.Min(Vector256.Create(epilogue.High), Avx.Max(Vector256.Create(epilogue.Low), scaled)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Quarter(int* sums, int* bias, int* shift, float* scale, in IntegerEpilogue epilogue, int at)
    {
        Vector128<int> sum = *(Vector128<int>*)(sums + at) + *(Vector128<int>*)(bias + at);
        sum = shift == null ? sum : sum + *(Vector128<int>*)(shift + at);
        Vector128<float> scaled = Vector128.ConvertToSingle(sum) * *(Vector128<float>*)(scale + at), low = Vector128.Create(epilogue.Low), high = Vector128.Create(epilogue.High);
        scaled = AdvSimd.IsSupported ? AdvSimd.Min(AdvSimd.Max(scaled, low), high) : Sse.Min(high, Sse.Max(low, scaled));
        return (scaled + Vector128.Create(Magic)).AsInt32() - Vector128.Create(MagicBits - epilogue.Zero);
    }
}
