using System;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>Conversions between float and the floats of 16 bits (bfloat16), 8 and 4 bits, which are stored as their bits.</summary>
/// <remarks>
/// Rounding is to nearest, ties to even. Without <c>saturate</c> a magnitude that is too large becomes infinity or, where the format has none, NaN
/// (ONNX Cast, "Float 8 conversion"). The 8-bit formats: Micikevicius et al., "FP8 Formats for Deep Learning", 2022; Noune et al., "8-bit Numerical
/// Formats for Deep Neural Networks", 2022 (FNUZ). The others: OCP Microscaling Formats Specification, 2023.
/// </remarks>
internal static class SmallFloats
{
    /// <summary>bfloat16 to float.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromBFloat16(ushort bits) => BitConverter.Int32BitsToSingle(bits << 16);

    /// <summary>float to bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? (ushort)((bits >> 16) | 0x40) : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>4 exponent bits, bias 7, no infinity.</summary>
    public static float FromE4M3FN(byte bits) => (bits & 0x7F) == 0x7F ? float.NaN : Decode(bits, 4, 3, 7);

    /// <inheritdoc cref="FromE4M3FN"/>
    public static byte ToE4M3FN(float value, bool saturate)
    {
        int sign = Sign(value);
        int bits = Encode(value, 3, 7);
        bool large = bits > 0x7E;
        return (byte)(sign | (float.IsNaN(value) ? 0x7F : !large ? bits : saturate ? 0x7E : 0x7F));
    }

    /// <summary>4 exponent bits, bias 8, no infinity, no negative zero.</summary>
    public static float FromE4M3FNUZ(byte bits) => bits == 0x80 ? float.NaN : Decode(bits, 4, 3, 8);

    /// <inheritdoc cref="FromE4M3FNUZ"/>
    public static byte ToE4M3FNUZ(float value, bool saturate) => Unsigned(value, Encode(value, 3, 8), saturate);

    /// <summary>5 exponent bits, bias 15, with infinity.</summary>
    public static float FromE5M2(byte bits) => (bits & 0x7F) > 0x7C ? float.NaN : (bits & 0x7F) == 0x7C ? (bits > 0x7F ? float.NegativeInfinity : float.PositiveInfinity) : Decode(bits, 5, 2, 15);

    /// <inheritdoc cref="FromE5M2"/>
    public static byte ToE5M2(float value, bool saturate)
    {
        int bits = Encode(value, 2, 15);
        return (byte)(Sign(value) | (float.IsNaN(value) ? 0x7E : bits <= 0x7B ? bits : saturate ? 0x7B : 0x7C));
    }

    /// <summary>5 exponent bits, bias 16, no infinity, no negative zero.</summary>
    public static float FromE5M2FNUZ(byte bits) => bits == 0x80 ? float.NaN : Decode(bits, 5, 2, 16);

    /// <inheritdoc cref="FromE5M2FNUZ"/>
    public static byte ToE5M2FNUZ(float value, bool saturate) => Unsigned(value, Encode(value, 2, 16), saturate);

    /// <summary>A power of two: 8 exponent bits, bias 127, nothing else.</summary>
    public static float FromE8M0(byte bits) => bits == 0xFF ? float.NaN : bits == 0 ? BitConverter.Int32BitsToSingle(0x00400000) : BitConverter.Int32BitsToSingle(bits << 23);

    /// <summary>The smallest power of two that is not below the value; the sign is dropped.</summary>
    public static byte ToE8M0(float value, bool saturate)
    {
        int bits = BitConverter.SingleToInt32Bits(value) & 0x7FFFFFFF;
        if (bits >= 0x7F800000)
        {
            return bits == 0x7F800000 && saturate ? (byte)0xFE : (byte)0xFF;
        }

        int exponent = bits >> 23;
        if ((bits & 0x7FFFFF) != 0)
        {
            // Below the smallest power, 2^-127, everything rounds up to it; it is itself a denormal float.
            exponent = exponent == 0 && (bits & 0x7FFFFF) <= 0x400000 ? 0 : exponent + 1;
        }

        return (byte)(exponent < 0xFF ? exponent : saturate ? 0xFE : 0xFF);
    }

    /// <summary>4 bits: 2 exponent bits, bias 1, one of fraction: 0, 0.5, 1, 1.5, 2, 3, 4, 6.</summary>
    public static float FromE2M1(byte bits) => Decode((byte)(((bits & 8) << 4) | (bits & 7)), 2, 1, 1);

    /// <inheritdoc cref="FromE2M1"/>
    public static byte ToE2M1(float value, bool saturate)
    {
        // There is neither infinity nor NaN: the largest value stands for the one, minus zero for the other.
        return float.IsNaN(value) ? (byte)8 : (byte)((Sign(value) >> 4) | Math.Min(Encode(value, 1, 1), 7));
    }

    private static int Sign(float value) => BitConverter.SingleToInt32Bits(value) < 0 ? 0x80 : 0;

    private static byte Unsigned(float value, int bits, bool saturate)
    {
        if (float.IsNaN(value) || (bits > 0x7F && !saturate))
        {
            return 0x80;
        }

        bits = Math.Min(bits, 0x7F);
        return (byte)(bits == 0 ? 0 : Sign(value) | bits);
    }

    private static float Decode(byte bits, int exponentBits, int fractionBits, int bias)
    {
        int exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
        float fraction = bits & ((1 << fractionBits) - 1);
        float magnitude = exponent == 0
            ? MathF.ScaleB(fraction, 1 - bias - fractionBits)
            : MathF.ScaleB(fraction + (1 << fractionBits), exponent - bias - fractionBits);
        return bits > 0x7F ? -magnitude : magnitude;
    }

    // The magnitude rounded to the grid, as if the format had no upper end; int.MaxValue for what is out of any reach.
    private static int Encode(float value, int fractionBits, int bias)
    {
        float magnitude = MathF.Abs(value);
        if (magnitude == 0)
        {
            return 0;
        }

        if (!(magnitude < 1e30f))
        {
            return int.MaxValue;
        }

        int exponent = Math.Max(MathF.ILogB(magnitude), 1 - bias);
        int steps = (int)MathF.Round(MathF.ScaleB(magnitude, fractionBits - exponent)); // ties to even

        // Steps include the leading one of normal numbers; a carry moves into the exponent by itself.
        return steps + ((exponent + bias - 1) << fractionBits);
    }
}
