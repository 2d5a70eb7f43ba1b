// needs: VectorMath
using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>Element-wise functions of single numbers that the base library lacks, or that throw there.</summary>
/// <remarks>Integer results wrap around. Division by zero, which ONNX leaves open, gives 0.</remarks>
internal static class ScalarMath
{
    /// <summary>a / b, rounded towards zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Divide<T>(T a, T b)
        where T : struct, IBinaryInteger<T> => T.IsZero(b) ? T.Zero : IsMinusOne(b) ? unchecked(T.Zero - a) : a / b;

    /// <summary>The rest of <see cref="Divide"/>: it has the sign of a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Remainder<T>(T a, T b)
        where T : struct, IBinaryInteger<T> => T.IsZero(b) || IsMinusOne(b) ? T.Zero : a % b;

    /// <summary>The rest of a division that rounds down: it has the sign of b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Modulo<T>(T a, T b)
        where T : struct, IBinaryInteger<T>
    {
        T rest = Remainder(a, b);
        return !T.IsZero(rest) && T.IsNegative(rest) != T.IsNegative(b) ? unchecked(rest + b) : rest;
    }

    /// <summary>The rest of a division that rounds down: it has the sign of b.</summary>
    public static float Modulo(float a, float b)
    {
        float rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }

    /// <inheritdoc cref="Modulo(float, float)"/>
    public static double Modulo(double a, double b)
    {
        double rest = a % b;
        return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
    }

    /// <summary>a to the power b; a negative exponent gives the truncated reciprocal.</summary>
    public static T Power<T>(T a, T b)
        where T : struct, IBinaryInteger<T>
    {
        if (T.IsNegative(b))
        {
            return a == T.One ? T.One : !IsMinusOne(a) ? T.Zero : T.IsEvenInteger(b) ? T.One : a;
        }

        T result = T.One;
        for (; !T.IsZero(b); b >>= 1)
        {
            if (!T.IsEvenInteger(b))
            {
                result = unchecked(result * a);
            }

            a = unchecked(a * a);
        }

        return result;
    }

    /// <summary>The magnitude; that of the smallest number wraps around to itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Abs<T>(T x)
        where T : struct, IBinaryInteger<T> => T.IsNegative(x) ? unchecked(T.Zero - x) : x;

    /// <summary>-1, 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sign<T>(T x)
        where T : struct, IBinaryInteger<T> => T.IsZero(x) ? x : T.IsNegative(x) ? unchecked(T.Zero - T.One) : T.One;

    /// <summary>-1, 0 or 1; NaN gives 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sign(float x) => x > 0 ? 1 : x < 0 ? -1 : 0;

    /// <inheritdoc cref="Sign(float)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sign(double x) => x > 0 ? 1 : x < 0 ? -1 : 0;

    /// <summary>a shifted left by b bits; 0 when b is the width or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ShiftLeft<T>(T a, T b)
        where T : struct, IBinaryInteger<T> => ulong.CreateTruncating(b) < (ulong)(Unsafe.SizeOf<T>() * 8) ? a << int.CreateTruncating(b) : T.Zero;

    /// <summary>a shifted right by b bits; 0 when b is the width or more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T ShiftRight<T>(T a, T b)
        where T : struct, IBinaryInteger<T> => ulong.CreateTruncating(b) < (ulong)(Unsafe.SizeOf<T>() * 8) ? a >>> int.CreateTruncating(b) : T.Zero;

    /// <summary>1 / (1 + e to the power -x).</summary>
    public static double Sigmoid(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return (x < 0 ? e : 1) / (1 + e);
    }

    /// <summary>log(1 + x), accurate for small x too.</summary>
    public static float Log1P(float x) => (float)Log1P((double)x);

    /// <inheritdoc cref="Log1P(float)"/>
    public static double Log1P(double x)
    {
        double u = 1 + x;
        return u == 1 || double.IsPositiveInfinity(u) ? x : Math.Log(u) * x / (u - 1);
    }

    /// <summary>e to the power x, minus 1, accurate for small x too.</summary>
    public static float ExpM1(float x) => (float)ExpM1((double)x);

    /// <inheritdoc cref="ExpM1(float)"/>
    public static double ExpM1(double x)
    {
        double e = Math.Exp(x);
        return Math.Abs(x) > 36 ? e - 1 : Math.Tanh(x * 0.5) * (e + 1);
    }

    /// <summary>The error function to double precision: its power series below 2.5, a continued fraction of the complement beyond.</summary>
    /// <remarks>Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.6 and 7.1.14.</remarks>
    public static double Erf(double x)
    {
        double z = Math.Abs(x);
        if (!(z < 2.5))
        {
            return double.IsNaN(x) ? x : Math.CopySign(z > 6 ? 1 : 1 - Complement(z), x);
        }

        double term = z, sum = z;
        for (int n = 1; n < 100 && term > sum * 1e-17; n++)
        {
            term *= 2 * z * z / ((2 * n) + 1);
            sum += term;
        }

        return Math.CopySign(2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum, x);
    }

    /// <summary>The power of two below a magnitude, or with <paramref name="nearest"/> the nearest one; zero, infinity and NaN stay.</summary>
    public static float PowerOfTwo(float x, bool nearest)
    {
        float magnitude = MathF.Abs(x);
        if (!(magnitude > 0) || float.IsInfinity(magnitude))
        {
            return x;
        }

        int exponent = MathF.ILogB(magnitude);
        return MathF.ScaleB(1, nearest && MathF.ScaleB(magnitude, -exponent) >= 1.5f ? exponent + 1 : exponent);
    }

    /// <summary>The low 4 bits as a signed number.</summary>
    public static sbyte ToInt4<T>(T x)
        where T : struct, INumber<T> => (sbyte)((sbyte)(Whole(x) << 4) >> 4);

    /// <summary>The low 4 bits.</summary>
    public static byte ToUInt4<T>(T x)
        where T : struct, INumber<T> => (byte)(Whole(x) & 15);

    /// <summary>The low 2 bits as a signed number.</summary>
    public static sbyte ToInt2<T>(T x)
        where T : struct, INumber<T> => (sbyte)((sbyte)(Whole(x) << 6) >> 6);

    /// <summary>The low 2 bits.</summary>
    public static byte ToUInt2<T>(T x)
        where T : struct, INumber<T> => (byte)(Whole(x) & 3);

    private static int Whole<T>(T x)
        where T : struct, INumber<T> => unchecked((int)long.CreateTruncating(x));

    private static double Complement(double z)
    {
        double fraction = z;
        for (int n = 60; n > 0; n--)
        {
            fraction = z + (n * 0.5 / fraction);
        }

        return Math.Exp(-z * z) / (Math.Sqrt(Math.PI) * fraction);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsMinusOne<T>(T x)
        where T : struct, IBinaryInteger<T> => T.IsNegative(x) && T.IsZero(unchecked(x + T.One));
}
