// needs: Simd
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>The vector operations that kernels are written in, so that one body serves every width.</summary>
/// <typeparam name="TV">A vector of floats: <c>Vector512</c>, <c>Vector256</c> or <c>Vector128</c> of float, or float itself.</typeparam>
/// <remarks>
/// Implementations are empty structs. As type arguments they make the JIT (and NativeAOT) compile each kernel once for each width and inline every
/// operation. Pointers need no alignment. Masks are vectors whose lanes are all ones or all zeros.
/// </remarks>
internal unsafe interface ILanes<TV>
    where TV : struct
{
    /// <summary>Floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>True where the hardware runs this width natively: the body to choose.</summary>
    static abstract bool IsNative { get; }

    /// <summary>A vector with <paramref name="value"/> in every lane.</summary>
    static abstract TV Create(float value);

    /// <summary>The float at p in every lane: on x86 a load that broadcasts.</summary>
    static abstract TV Broadcast(float* p);

    /// <summary>The Count floats at p.</summary>
    static abstract TV Load(float* p);

    /// <summary>Writes Count floats at p.</summary>
    static abstract void Store(float* p, TV value);

    /// <summary>a + b.</summary>
    static abstract TV Add(TV a, TV b);

    /// <summary>a - b.</summary>
    static abstract TV Subtract(TV a, TV b);

    /// <summary>a * b.</summary>
    static abstract TV Multiply(TV a, TV b);

    /// <summary>a / b.</summary>
    static abstract TV Divide(TV a, TV b);

    /// <summary>a / b to 2 units in the last place, for b from 1 to 1e30: where a division takes long, by an estimate of 1 / b and a Newton step.</summary>
    static abstract TV Quotient(TV a, TV b);

    /// <summary>a * b + c, see <see cref="Simd"/>.</summary>
    static abstract TV MultiplyAdd(TV a, TV b, TV c);

    /// <summary>The larger of both, see <see cref="Simd"/> for NaN.</summary>
    static abstract TV Max(TV a, TV b);

    /// <summary>The smaller of both, see <see cref="Simd"/> for NaN.</summary>
    static abstract TV Min(TV a, TV b);

    /// <summary>The sum of all lanes.</summary>
    static abstract float Sum(TV a);

    /// <summary>The mask of lanes where a is less than b.</summary>
    static abstract TV LessThan(TV a, TV b);

    /// <summary>The mask of lanes where a equals b.</summary>
    static abstract TV Equal(TV a, TV b);

    /// <summary>a in the lanes of the mask, b elsewhere.</summary>
    static abstract TV Select(TV mask, TV a, TV b);

    /// <summary>The bits of a and b joined by and.</summary>
    static abstract TV And(TV a, TV b);

    /// <summary>The bits of a and b joined by or.</summary>
    static abstract TV Or(TV a, TV b);

    /// <summary>Elements 0, 2, 4 ... of a followed by b.</summary>
    static abstract TV Evens(TV a, TV b);

    /// <summary>Elements 1, 3, 5 ... of a followed by b.</summary>
    static abstract TV Odds(TV a, TV b);

    /// <summary>2 to the power n, where t = n + 1.5 * 2^23 and n is a whole number from -126 to 127.</summary>
    static abstract TV PowerOfTwo(TV t);

    /// <summary>p times 2 to the power n, rounded once, for a whole number n from -252 to 254; what is too large becomes infinity, what is too small goes through the denormals to zero.</summary>
    static abstract TV Scale(TV p, TV n);

    /// <summary>Splits a positive normal x into m * 2^e with m from sqrt(1/2) to sqrt(2).</summary>
    /// <param name="x">What to split; for other values the result has no meaning, but the call is harmless.</param>
    /// <param name="mantissa">Receives m.</param>
    /// <returns>e.</returns>
    static abstract TV SplitExponent(TV x, out TV mantissa);
}

/// <summary>16 floats at a time.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static bool IsNative => Vector512.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Create(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float* p) => Vector512.Create(*p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* p) => *(Vector512<float>*)p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* p, Vector512<float> value) => *(Vector512<float>*)p = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> a, Vector512<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> a, Vector512<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Quotient(Vector512<float> a, Vector512<float> b)
    {
        if (!Avx512F.IsSupported)
        {
            return a / b;
        }

        var estimate = Avx512F.Reciprocal14(b);
        return a * Avx512F.FusedMultiplyAdd(estimate, Avx512F.FusedMultiplyAddNegated(b, estimate, Vector512.Create(1f)), estimate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Simd.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> a, Vector512<float> b) => Simd.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> a, Vector512<float> b) => Simd.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> a) => Vector512.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LessThan(Vector512<float> a, Vector512<float> b) => Vector512.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Equal(Vector512<float> a, Vector512<float> b) => Vector512.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Select(Vector512<float> mask, Vector512<float> a, Vector512<float> b) => Vector512.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> And(Vector512<float> a, Vector512<float> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Or(Vector512<float> a, Vector512<float> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Evens(Vector512<float> a, Vector512<float> b) => Avx512F.IsSupported
        ? Avx512F.PermuteVar16x32x2(a, Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), b)
        : Vector512.Create(Lanes256.Evens(a.GetLower(), a.GetUpper()), Lanes256.Evens(b.GetLower(), b.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Odds(Vector512<float> a, Vector512<float> b) => Avx512F.IsSupported
        ? Avx512F.PermuteVar16x32x2(a, Vector512.Create(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31), b)
        : Vector512.Create(Lanes256.Odds(a.GetLower(), a.GetUpper()), Lanes256.Odds(b.GetLower(), b.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> PowerOfTwo(Vector512<float> t) => Vector512.ShiftLeft(t.AsInt32() + Vector512.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> p, Vector512<float> n) => Avx512F.IsSupported ? Avx512F.Scale(p, n) : LanesConstants.Scale<Vector512<float>, Lanes512>(p, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> SplitExponent(Vector512<float> x, out Vector512<float> mantissa)
    {
        var e = Vector512.ShiftRightArithmetic(x.AsInt32() - Vector512.Create(LanesConstants.SqrtHalfBits), 23);
        mantissa = (x.AsInt32() - Vector512.ShiftLeft(e, 23)).AsSingle();
        return Vector512.ConvertToSingle(e);
    }
}

/// <summary>8 floats at a time.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    public static bool IsNative => Vector256.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Create(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float* p) => Vector256.Create(*p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* p) => *(Vector256<float>*)p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* p, Vector256<float> value) => *(Vector256<float>*)p = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Quotient(Vector256<float> a, Vector256<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Simd.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> a, Vector256<float> b) => Simd.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> a, Vector256<float> b) => Simd.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> a) => Vector256.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LessThan(Vector256<float> a, Vector256<float> b) => Vector256.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Equal(Vector256<float> a, Vector256<float> b) => Vector256.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Select(Vector256<float> mask, Vector256<float> a, Vector256<float> b) => Vector256.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> And(Vector256<float> a, Vector256<float> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Or(Vector256<float> a, Vector256<float> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Evens(Vector256<float> a, Vector256<float> b) => Avx2.IsSupported
        ? Avx2.Permute4x64(Avx.Shuffle(a, b, 0x88).AsDouble(), 0xD8).AsSingle()
        : Vector256.Create(Lanes128.Evens(a.GetLower(), a.GetUpper()), Lanes128.Evens(b.GetLower(), b.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Odds(Vector256<float> a, Vector256<float> b) => Avx2.IsSupported
        ? Avx2.Permute4x64(Avx.Shuffle(a, b, 0xDD).AsDouble(), 0xD8).AsSingle()
        : Vector256.Create(Lanes128.Odds(a.GetLower(), a.GetUpper()), Lanes128.Odds(b.GetLower(), b.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> PowerOfTwo(Vector256<float> t) => Vector256.ShiftLeft(t.AsInt32() + Vector256.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> p, Vector256<float> n) => LanesConstants.Scale<Vector256<float>, Lanes256>(p, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SplitExponent(Vector256<float> x, out Vector256<float> mantissa)
    {
        var e = Vector256.ShiftRightArithmetic(x.AsInt32() - Vector256.Create(LanesConstants.SqrtHalfBits), 23);
        mantissa = (x.AsInt32() - Vector256.ShiftLeft(e, 23)).AsSingle();
        return Vector256.ConvertToSingle(e);
    }
}

/// <summary>4 floats at a time.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Vector128<float>>
{
    public static int Count => 4;

    public static bool IsNative => Vector128.IsHardwareAccelerated;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Create(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float* p) => AdvSimd.IsSupported ? AdvSimd.LoadAndReplicateToVector128(p) : Vector128.Create(*p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* p) => *(Vector128<float>*)p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* p, Vector128<float> value) => *(Vector128<float>*)p = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Divide(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Quotient(Vector128<float> a, Vector128<float> b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Simd.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Max(Vector128<float> a, Vector128<float> b) => Simd.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Min(Vector128<float> a, Vector128<float> b) => Simd.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> a) => Vector128.Sum(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LessThan(Vector128<float> a, Vector128<float> b) => Vector128.LessThan(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Equal(Vector128<float> a, Vector128<float> b) => Vector128.Equals(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Select(Vector128<float> mask, Vector128<float> a, Vector128<float> b) => Vector128.ConditionalSelect(mask, a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> And(Vector128<float> a, Vector128<float> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Or(Vector128<float> a, Vector128<float> b) => a | b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Evens(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.Shuffle(a, b, 0x88)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.UnzipEven(a, b)
        : Vector128.Create(a[0], a[2], b[0], b[2]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Odds(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.Shuffle(a, b, 0xDD)
        : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.UnzipOdd(a, b)
        : Vector128.Create(a[1], a[3], b[1], b[3]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> PowerOfTwo(Vector128<float> t) => Vector128.ShiftLeft(t.AsInt32() + Vector128.Create(127), 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Scale(Vector128<float> p, Vector128<float> n) => LanesConstants.Scale<Vector128<float>, Lanes128>(p, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> SplitExponent(Vector128<float> x, out Vector128<float> mantissa)
    {
        var e = Vector128.ShiftRightArithmetic(x.AsInt32() - Vector128.Create(LanesConstants.SqrtHalfBits), 23);
        mantissa = (x.AsInt32() - Vector128.ShiftLeft(e, 23)).AsSingle();
        return Vector128.ConvertToSingle(e);
    }
}

/// <summary>One float at a time: what is left over, and processors without vectors.</summary>
internal readonly unsafe struct Lanes1 : ILanes<float>
{
    public static int Count => 1;

    public static bool IsNative => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Create(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Broadcast(float* p) => *p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(float* p) => *p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* p, float value) => *p = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add(float a, float b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Subtract(float a, float b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Multiply(float a, float b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Divide(float a, float b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Quotient(float a, float b) => a / b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float MultiplyAdd(float a, float b, float c) => Simd.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(float a, float b) => Simd.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Min(float a, float b) => Simd.Min(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(float a) => a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float LessThan(float a, float b) => BitConverter.Int32BitsToSingle(a < b ? -1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Equal(float a, float b) => BitConverter.Int32BitsToSingle(a == b ? -1 : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Select(float mask, float a, float b) => BitConverter.SingleToInt32Bits(mask) != 0 ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float And(float a, float b) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(a) & BitConverter.SingleToInt32Bits(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Or(float a, float b) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(a) | BitConverter.SingleToInt32Bits(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Evens(float a, float b) => a;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Odds(float a, float b) => b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float PowerOfTwo(float t) => BitConverter.Int32BitsToSingle((BitConverter.SingleToInt32Bits(t) + 127) << 23);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(float p, float n) => LanesConstants.Scale<float, Lanes1>(p, n);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float SplitExponent(float x, out float mantissa)
    {
        var e = (BitConverter.SingleToInt32Bits(x) - LanesConstants.SqrtHalfBits) >> 23;
        mantissa = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(x) - (e << 23));
        return e;
    }
}

/// <summary>What the widths share.</summary>
internal static class LanesConstants
{
    /// <summary>The bits of the square root of one half.</summary>
    public const int SqrtHalfBits = 0x3F3504F3;

    /// <summary><see cref="ILanes{TV}.Scale"/> in two factors, so that no exponent overflows on the way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Scale<TV, TOps>(TV p, TV n)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var magic = TOps.Create(12582912f); // adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits
        var half = TOps.MultiplyAdd(n, TOps.Create(0.5f), magic);
        var rest = TOps.Add(TOps.Subtract(n, TOps.Subtract(half, magic)), magic);
        return TOps.Multiply(TOps.Multiply(p, TOps.PowerOfTwo(half)), TOps.PowerOfTwo(rest));
    }
}
