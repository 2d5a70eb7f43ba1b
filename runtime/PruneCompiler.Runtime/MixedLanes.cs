using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>
/// Elements of one and two bytes in lanes of four, for loops over operands of several widths: integers as int, truth values as masks (all ones or zeros), 16-bit floats as float.
/// Pointers point at <c>Vector&lt;int&gt;.Count</c> elements.
/// </summary>
internal static unsafe class MixedLanes
{
    /// <summary>Bytes as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Load(byte* from)
    {
        if (Avx2.IsSupported && Vector<int>.Count == 8)
        {
            return Avx2.ConvertToVector256Int32(from).AsVector();
        }

        if (Vector128.IsHardwareAccelerated && Vector<int>.Count == 4)
        {
            return Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(from)).AsByte())).AsInt32().AsVector();
        }

        Vector<int> lanes = default;
        for (int i = 0; i < Vector<int>.Count; i++)
        {
            ((int*)&lanes)[i] = from[i];
        }

        return lanes;
    }

    /// <summary>Signed bytes as integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Load(sbyte* from) =>
        Avx2.IsSupported && Vector<int>.Count == 8 ? Avx2.ConvertToVector256Int32(from).AsVector() : ToInt8(Load((byte*)from));

    /// <summary>Truth values as masks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Load(bool* from) => -Load((byte*)from);

    /// <summary>16-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Load(ushort* from)
    {
        if (Avx2.IsSupported && Vector<int>.Count == 8)
        {
            return Avx2.ConvertToVector256Int32(from).AsVector();
        }

        if (Vector128.IsHardwareAccelerated && Vector<int>.Count == 4)
        {
            return Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(from)).AsUInt16()).AsInt32().AsVector();
        }

        Vector<int> lanes = default;
        for (int i = 0; i < Vector<int>.Count; i++)
        {
            ((int*)&lanes)[i] = from[i];
        }

        return lanes;
    }

    /// <summary>Signed 16-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> Load(short* from) =>
        Avx2.IsSupported && Vector<int>.Count == 8 ? Avx2.ConvertToVector256Int32(from).AsVector() : ToInt16(Load((ushort*)from));

    /// <summary>Halves as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Load(Half* from) => FromHalf(Load((ushort*)from));

    /// <summary>Bits of bfloat16 as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> LoadBFloat16(ushort* from) => Vector.AsVectorSingle(Vector.ShiftLeft(Load(from), 16));

    /// <summary>The low bytes of integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* to, Vector<int> lanes)
    {
        if (Avx2.IsSupported && Vector<int>.Count == 8)
        {
            Vector256<int> wide = lanes.AsVector256();
            if (Avx512F.VL.IsSupported)
            {
                Unsafe.WriteUnaligned(to, Avx512F.VL.ConvertToVector128Byte(wide).AsUInt64().ToScalar());
                return;
            }

            Vector256<int> low = Avx2.And(wide, Vector256.Create(255));
            Vector128<ushort> words = Sse41.PackUnsignedSaturate(low.GetLower(), low.GetUpper());
            Unsafe.WriteUnaligned(to, Sse2.PackUnsignedSaturate(words.AsInt16(), words.AsInt16()).AsUInt64().ToScalar());
        }
        else if (Vector128.IsHardwareAccelerated && Vector<int>.Count == 4)
        {
            Vector128<short> words = Vector128.Narrow(lanes.AsVector128(), lanes.AsVector128());
            Unsafe.WriteUnaligned(to, Vector128.Narrow(words, words).AsUInt32().ToScalar());
        }
        else
        {
            for (int i = 0; i < Vector<int>.Count; i++)
            {
                to[i] = unchecked((byte)lanes[i]);
            }
        }
    }

    /// <inheritdoc cref="Store(byte*, Vector{int})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(sbyte* to, Vector<int> lanes) => Store((byte*)to, lanes);

    /// <summary>Masks as truth values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(bool* to, Vector<int> lanes) => Store((byte*)to, -lanes);

    /// <summary>The low halves of integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(ushort* to, Vector<int> lanes)
    {
        if (Avx2.IsSupported && Vector<int>.Count == 8)
        {
            Vector256<int> wide = lanes.AsVector256();
            if (Avx512F.VL.IsSupported)
            {
                *(Vector128<ushort>*)to = Avx512F.VL.ConvertToVector128UInt16(wide);
                return;
            }

            Vector256<int> low = Avx2.And(wide, Vector256.Create(0xFFFF));
            *(Vector128<ushort>*)to = Sse41.PackUnsignedSaturate(low.GetLower(), low.GetUpper());
        }
        else if (Vector128.IsHardwareAccelerated && Vector<int>.Count == 4)
        {
            Unsafe.WriteUnaligned(to, Vector128.Narrow(lanes.AsVector128(), lanes.AsVector128()).AsUInt64().ToScalar());
        }
        else
        {
            for (int i = 0; i < Vector<int>.Count; i++)
            {
                to[i] = unchecked((ushort)lanes[i]);
            }
        }
    }

    /// <inheritdoc cref="Store(ushort*, Vector{int})"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(short* to, Vector<int> lanes) => Store((ushort*)to, lanes);

    /// <summary>Floats as halves, rounded to nearest, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Half* to, Vector<float> lanes) => Store((ushort*)to, HalfBits(lanes));

    /// <summary>Floats as the bits of bfloat16, rounded to nearest, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreBFloat16(ushort* to, Vector<float> lanes) => Store(to, BFloat16Bits(lanes));

    /// <summary>The low bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> ToUInt8(Vector<int> x) => x & new Vector<int>(0xFF);

    /// <summary>The low bytes as signed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> ToInt8(Vector<int> x) => Vector.ShiftRightArithmetic(Vector.ShiftLeft(x, 24), 24);

    /// <summary>The low halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> ToUInt16(Vector<int> x) => x & new Vector<int>(0xFFFF);

    /// <summary>The low halves as signed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> ToInt16(Vector<int> x) => Vector.ShiftRightArithmetic(Vector.ShiftLeft(x, 16), 16);

    /// <summary>1 where the mask is set, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> OneWhere(Vector<int> mask) => Vector.AsVectorSingle(mask & Vector.AsVectorInt32(Vector<float>.One));

    /// <summary>Floats rounded to halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> RoundToHalf(Vector<float> x) => FromHalf(HalfBits(x));

    /// <summary>Floats rounded to bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> RoundToBFloat16(Vector<float> x) => Vector.AsVectorSingle(Vector.ShiftLeft(BFloat16Bits(x), 16));

    // The exponent moves from its place and bias in a half to those in a float. Infinity and NaN need the bias once more; a denormal half is put below a leading one, which a subtraction takes away.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> FromHalf(Vector<int> bits)
    {
        var bias = new Vector<int>((127 - 15) << 23);
        Vector<int> sign = Vector.ShiftLeft(bits & new Vector<int>(0x8000), 16), moved = Vector.ShiftLeft(bits & new Vector<int>(0x7FFF), 13);
        Vector<int> exponent = moved & new Vector<int>(0x7C00 << 13);
        Vector<int> normal = moved + bias + (Vector.Equals(exponent, new Vector<int>(0x7C00 << 13)) & bias);
        Vector<float> denormal = Vector.AsVectorSingle(moved + bias + new Vector<int>(1 << 23)) - Vector.AsVectorSingle(bias + new Vector<int>(1 << 23));
        return Vector.AsVectorSingle(Vector.ConditionalSelect(Vector.Equals(exponent, Vector<int>.Zero), Vector.AsVectorInt32(denormal), normal) | sign);
    }

    // The three cases of a half: normal numbers round by an addition that carries into the exponent, denormals in the adder, and what is too large becomes infinity; NaN keeps its upper bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> HalfBits(Vector<float> x)
    {
        Vector<int> bits = Vector.AsVectorInt32(x), magnitude = bits & new Vector<int>(int.MaxValue);
        Vector<int> sign = Vector.ShiftRightLogical(bits, 16) & new Vector<int>(0x8000);
        Vector<int> odd = Vector.ShiftRightLogical(magnitude, 13) & Vector<int>.One;
        Vector<int> normal = Vector.ShiftRightLogical(magnitude - new Vector<int>((127 - 15) << 23) + new Vector<int>(0xFFF) + odd, 13);
        Vector<int> denormal = Vector.AsVectorInt32(Vector.AsVectorSingle(magnitude) + new Vector<float>(0.5f)) - new Vector<int>(126 << 23);
        Vector<int> finite = Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<int>((127 - 14) << 23)), denormal, normal);
        Vector<int> nan = (Vector.ShiftRightLogical(magnitude, 13) & new Vector<int>(0x3FF)) | new Vector<int>(0x7E00);
        Vector<int> large = Vector.ConditionalSelect(Vector.GreaterThan(magnitude, new Vector<int>(0x7F800000)), nan, new Vector<int>(0x7C00));
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<int>((127 + 16) << 23)), finite, large) | sign;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<int> BFloat16Bits(Vector<float> x)
    {
        Vector<int> bits = Vector.AsVectorInt32(x);
        Vector<int> upper = Vector.ShiftRightLogical(bits, 16);
        Vector<int> rounded = Vector.ShiftRightLogical(bits + new Vector<int>(0x7FFF) + (upper & Vector<int>.One), 16);
        return Vector.ConditionalSelect(Vector.Equals(x, x), rounded, upper | new Vector<int>(0x40));
    }
}
