// needs: SmallFloats
using System;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>How elements of a stored type are computed with: kernels for rare types are written once over this.</summary>
/// <typeparam name="T">As stored.</typeparam>
/// <typeparam name="TSum">As summed.</typeparam>
internal interface IElement<T, TSum>
    where T : unmanaged
    where TSum : unmanaged, INumber<TSum>
{
    /// <summary>To the type of sums.</summary>
    static abstract TSum Widen(T value);

    /// <summary>Back; floats are rounded, integers cut off.</summary>
    static abstract T Narrow(TSum value);

    /// <summary>The least value: the maximum of nothing.</summary>
    static abstract TSum Lowest { get; }
}

/// <summary>float, summed in float.</summary>
internal readonly struct Float32Element : IElement<float, float>
{
    public static float Lowest => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Widen(float value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Narrow(float value) => value;
}

/// <summary>double, summed in double.</summary>
internal readonly struct Float64Element : IElement<double, double>
{
    public static double Lowest => double.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Widen(double value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Narrow(double value) => value;
}

/// <summary>Half, summed in float.</summary>
internal readonly struct Float16Element : IElement<Half, float>
{
    public static float Lowest => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Widen(Half value) => (float)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Half Narrow(float value) => (Half)value;
}

/// <summary>The bits of a bfloat16, summed in float.</summary>
internal readonly struct BFloat16Element : IElement<ushort, float>
{
    public static float Lowest => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Widen(ushort value) => SmallFloats.FromBFloat16(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort Narrow(float value) => SmallFloats.ToBFloat16(value);
}

/// <summary>Integers, summed in their own or the next sufficient width; sums wrap.</summary>
internal readonly struct IntegerElement<T, TSum> : IElement<T, TSum>
    where T : unmanaged, INumber<T>, IMinMaxValue<T>
    where TSum : unmanaged, INumber<TSum>
{
    public static TSum Lowest => TSum.CreateTruncating(T.MinValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TSum Widen(T value) => TSum.CreateTruncating(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Narrow(TSum value) => T.CreateTruncating(value);
}
