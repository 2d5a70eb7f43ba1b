// needs: IntegerLayer IntegerTile
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>The register tile of 8-bit layers with its end: six pixels of 16 output channels from bytes to bytes, for processors with AVX-VNNI.</summary>
internal static unsafe class IntegerByteTile
{
    /// <summary>True where the processor has what it takes.</summary>
    public static bool IsSupported =>
#if NET9_0_OR_GREATER
        AvxVnni.IsSupported;
#else
        false;
#endif

    /// <summary>Six pixels.</summary>
    /// <param name="x">First byte of each pixel's window; four bytes from each offset of the steps on can be read.</param>
    /// <param name="weights">64 bytes for each step.</param>
    /// <param name="taps">Byte offset of each step.</param>
    /// <param name="steps">How many steps.</param>
    /// <param name="epilogue">Its tables begin with these channels; the same bias for all pixels.</param>
    /// <param name="y">Where the first channel is stored.</param>
    /// <param name="to">Offset of each pixel from there; 16 bytes are written.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run(byte** x, sbyte* weights, int* taps, int steps, in IntegerEpilogue epilogue, byte* y, long* to)
    {
#if NET9_0_OR_GREATER
        byte* x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5];
        Vector256<int> a0 = *(Vector256<int>*)epilogue.Bias, a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0;
        Vector256<int> b0 = *(Vector256<int>*)(epilogue.Bias + 8), b1 = b0, b2 = b0, b3 = b0, b4 = b0, b5 = b0;
        for (int* end = taps + steps; taps < end; taps++, weights += IntegerTile.StepBytes)
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

        IntegerBounds bounds = new(epilogue);
        Vector256<float> first = *(Vector256<float>*)epilogue.Scale, second = *(Vector256<float>*)(epilogue.Scale + 8);
        Two(a0, b0, a1, b1, first, second, bounds, y + to[0], y + to[1]);
        Two(a2, b2, a3, b3, first, second, bounds, y + to[2], y + to[3]);
        Two(a4, b4, a5, b5, first, second, bounds, y + to[4], y + to[5]);
#endif
    }

    // Two pixels as bytes: clamp(round(s * scale), low, high) + zero; large negative products become the smallest int, which saturates to the same byte.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Two(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, Vector256<float> first, Vector256<float> second, in IntegerBounds bounds, byte* y, byte* z)
    {
        Vector256<short> low = Avx2.AddSaturate(Avx2.PackSignedSaturate(Rounded(a, first, bounds.High), Rounded(b, second, bounds.High)), bounds.Zero);
        Vector256<short> high = Avx2.AddSaturate(Avx2.PackSignedSaturate(Rounded(c, first, bounds.High), Rounded(d, second, bounds.High)), bounds.Zero);

        // Packing works on halves: the fours of channels lie as 0 2, of both pixels, 1 3.
        Vector256<byte> bytes = Avx2.Max(Avx2.PackUnsignedSaturate(low, high), bounds.Least);
        bytes = Avx2.PermuteVar8x32(bytes.AsInt32(), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsByte();
        *(Vector128<byte>*)y = bytes.GetLower();
        *(Vector128<byte>*)z = bytes.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Rounded(Vector256<int> sums, Vector256<float> scale, Vector256<float> high) =>
        Avx.ConvertToVector256Int32(Avx.Min(high, Avx.Multiply(Avx.ConvertToVector256Single(sums), scale)));
}
