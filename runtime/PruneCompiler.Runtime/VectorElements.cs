// needs: VectorMath
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Element-wise functions of vectors whose portable form is slow, missing on .NET 8, or differs between frameworks.</summary>
internal static class VectorElements
{
    /// <summary>The larger of a and b; NaN where either is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Max(Vector<float> a, Vector<float> b) =>
        Vector.ConditionalSelect(Vector.Equals(a, a), AtLeast(b, a), a);

    /// <summary>The smaller of a and b; NaN where either is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Min(Vector<float> a, Vector<float> b) =>
        Vector.ConditionalSelect(Vector.Equals(a, a), AtMost(b, a), a);

    /// <summary>The larger of x and a bound that is not NaN; NaN where x is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> AtLeast(Vector<float> x, Vector<float> bound)
    {
        // The x86 instruction gives its second operand when either is NaN, the ARM instruction gives NaN.
        if (Avx.IsSupported && Vector<float>.Count == 8)
        {
            return Avx.Max(bound.AsVector256(), x.AsVector256()).AsVector();
        }

        if (Sse.IsSupported && Vector<float>.Count == 4)
        {
            return Sse.Max(bound.AsVector128(), x.AsVector128()).AsVector();
        }

        if (AdvSimd.IsSupported && Vector<float>.Count == 4)
        {
            return AdvSimd.Max(bound.AsVector128(), x.AsVector128()).AsVector();
        }

        return Vector.ConditionalSelect(Vector.GreaterThan(bound, x), bound, x);
    }

    /// <summary>The smaller of x and a bound that is not NaN; NaN where x is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> AtMost(Vector<float> x, Vector<float> bound)
    {
        if (Avx.IsSupported && Vector<float>.Count == 8)
        {
            return Avx.Min(bound.AsVector256(), x.AsVector256()).AsVector();
        }

        if (Sse.IsSupported && Vector<float>.Count == 4)
        {
            return Sse.Min(bound.AsVector128(), x.AsVector128()).AsVector();
        }

        if (AdvSimd.IsSupported && Vector<float>.Count == 4)
        {
            return AdvSimd.Min(bound.AsVector128(), x.AsVector128()).AsVector();
        }

        return Vector.ConditionalSelect(Vector.LessThan(bound, x), bound, x);
    }

    /// <summary>All ones where x is NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<int> IsNaN(Vector<float> x) => ~Vector.Equals(x, x);

    /// <summary>-1, 0 or 1; NaN gives 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Sign(Vector<float> x) =>
        Vector.ConvertToSingle(Vector.LessThan(x, Vector<float>.Zero) - Vector.GreaterThan(x, Vector<float>.Zero));

    /// <summary>The nearest whole number, the even one of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> RoundToEven(Vector<float> x)
    {
        // Adding 2^23 to a magnitude below it rounds in the adder; larger ones are whole already, and NaN passes.
        var sign = new Vector<float>(-0f);
        var magic = new Vector<float>(8388608f);
        Vector<float> magnitude = Vector.AndNot(x, sign);
        Vector<float> rounded = (magnitude + magic) - magic;
        return Vector.ConditionalSelect(Vector.LessThan(magnitude, magic), Vector.BitwiseOr(rounded, Vector.BitwiseAnd(x, sign)), x);
    }

    /// <summary>log(1 + x), accurate for small x too (Higham, "Accuracy and Stability of Numerical Algorithms", problem 1.5).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Log1P(Vector<float> x)
    {
        Vector<float> u = Vector<float>.One + x;
        Vector<float> corrected = VectorMath.Log(u) * x / (u - Vector<float>.One);
        Vector<float> result = Vector.ConditionalSelect(Vector.Equals(u, Vector<float>.One), x, corrected);
        return Vector.ConditionalSelect(Vector.Equals(u, new Vector<float>(float.PositiveInfinity)), u, result);
    }

    /// <summary>e to the power x, minus 1, accurate for small x too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> ExpM1(Vector<float> x)
    {
        // tanh(x / 2) (e^x + 1) = e^x - 1 without cancellation; from 16 on the 1 is lost in rounding anyway.
        Vector<float> e = VectorMath.Exp(x);
        Vector<float> small = VectorMath.Tanh(x * new Vector<float>(0.5f)) * (e + Vector<float>.One);
        return Vector.ConditionalSelect(Vector.GreaterThan(Vector.Abs(x), new Vector<float>(16f)), e - Vector<float>.One, small);
    }

    /// <summary>The product of all lanes.</summary>
    public static T Product<T>(Vector<T> lanes)
        where T : struct, INumber<T>
    {
        T result = lanes[0];
        for (int i = 1; i < Vector<T>.Count; i++)
        {
            result *= lanes[i];
        }

        return result;
    }

    /// <summary>The largest lane; NaN if any is NaN.</summary>
    public static T Largest<T>(Vector<T> lanes)
        where T : struct, INumber<T>
    {
        T result = lanes[0];
        for (int i = 1; i < Vector<T>.Count; i++)
        {
            result = T.Max(result, lanes[i]);
        }

        return result;
    }

    /// <summary>The smallest lane; NaN if any is NaN.</summary>
    public static T Smallest<T>(Vector<T> lanes)
        where T : struct, INumber<T>
    {
        T result = lanes[0];
        for (int i = 1; i < Vector<T>.Count; i++)
        {
            result = T.Min(result, lanes[i]);
        }

        return result;
    }
}
