// needs: Simd
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>y = clamp(W x + b + r) with W sparse, one vector at a time, 16 outputs side by side.</summary>
/// <remarks>
/// A step multiplies one weight of each of 16 outputs. All 16 inputs that it needs lie in one window of 32, so on AVX-512 a single two-register permute
/// fetches them, and an index takes one byte. The indices of four steps fill the bytes of a vector of integers: the permute looks at the lowest five bits only, so that a
/// shift brings the next step's. Rows that have no weight in the window, or are already ahead of it, contribute a zero.
/// </remarks>
internal static unsafe class SparseGemvWindows
{
    /// <summary>Outputs in a group.</summary>
    public const int Group = 16;

    /// <summary>Inputs in a window; windows begin at multiples of <see cref="Alignment"/>.</summary>
    public const int Window = 32;

    /// <summary>What the number of steps of each group is a multiple of.</summary>
    public const int Steps = 4;

    /// <summary>What the beginning of each window is a multiple of.</summary>
    public const int Alignment = 16;

    /// <summary>Floats that must be readable at x for so many inputs; those beyond the inputs may be anything finite.</summary>
    public static int ReadableInputs(int inputs) => ((inputs + Alignment - 1) / Alignment * Alignment) + Alignment;

    /// <summary>Runs the widest body that the processor has.</summary>
    /// <param name="x">The inputs; <see cref="ReadableInputs"/> floats are read. Best aligned to 64 bytes.</param>
    /// <param name="y">Receives <paramref name="outputs"/> floats; must not overlap x.</param>
    /// <param name="weights">[step][16]: the weights, step by step, group by group. Best aligned to 64 bytes.</param>
    /// <param name="lanes">[step / 4][16][4]: for each weight its input's place in the window, 0 to 31.</param>
    /// <param name="windows">[step]: where the window begins, in units of 16 inputs.</param>
    /// <param name="steps">[group]: the number of steps of each group, a multiple of four.</param>
    /// <param name="bias">[group][16]: b in packed order.</param>
    /// <param name="order">[outputs]: the place in y of each packed output; null where they are in order.</param>
    /// <param name="residual">r: <paramref name="outputs"/> floats in the order of y, added before clamping; or null.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    public static void Run(
        float* x, float* y, float* weights, byte* lanes, ushort* windows, int* steps, float* bias, ushort* order, float* residual, int outputs, float lo, float hi)
    {
        var sums = stackalloc float[Group];
        for (var o = 0; o < outputs; o += Group)
        {
            var count = *steps++;
            if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
            {
                var sum = Group512(x, weights, lanes, windows, count);
                if (order == null && o + Group <= outputs)
                {
                    sum += *(Vector512<float>*)(bias + o);
                    sum = residual == null ? sum : sum + *(Vector512<float>*)(residual + o);
                    *(Vector512<float>*)(y + o) = Avx512F.Min(Vector512.Create(hi), Avx512F.Max(Vector512.Create(lo), sum));
                }
                else
                {
                    *(Vector512<float>*)sums = sum;
                    Finish(sums, y, bias, order, residual, o, outputs, lo, hi);
                }
            }
            else
            {
                Narrow(x, weights, lanes, windows, count, sums);
                Finish(sums, y, bias, order, residual, o, outputs, lo, hi);
            }

            weights += count * Group;
            lanes += count * Group;
            windows += count;
        }
    }

    // In bounds, all bodies: windows[s] * 16 + 31 is below ReadableInputs because the packer takes windows from existing inputs and lanes from 0 to 31.

    /// <summary>AVX-512: the window in two registers, one permute for 16 inputs. Four sums hide the multiply-add's latency.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Group512(float* x, float* weights, byte* lanes, ushort* windows, int count)
    {
        Vector512<float> a = default, b = default, c = default, d = default;
        for (var s = 0; s < count; s += Steps)
        {
            var four = *(ulong*)(windows + s);
            var at = *(Vector512<int>*)lanes;
            a = Avx512F.FusedMultiplyAdd(Permute(x, four << 6, at), *(Vector512<float>*)weights, a);
            b = Avx512F.FusedMultiplyAdd(Permute(x, four >> 10, Avx512F.ShiftRightLogical(at, 8)), *(Vector512<float>*)(weights + Group), b);
            c = Avx512F.FusedMultiplyAdd(Permute(x, four >> 26, Avx512F.ShiftRightLogical(at, 16)), *(Vector512<float>*)(weights + (2 * Group)), c);
            d = Avx512F.FusedMultiplyAdd(Permute(x, four >> 42, Avx512F.ShiftRightLogical(at, 24)), *(Vector512<float>*)(weights + (3 * Group)), d);
            weights += Steps * Group;
            lanes += Steps * Group;
        }

        return (a + b) + (c + d);
    }

    // The window's number lies six bits up, where it counts bytes: 16 floats each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Permute(float* x, ulong window, Vector512<int> at)
    {
        var from = (byte*)x + (window & (ushort.MaxValue << 6));
        return Avx512F.PermuteVar16x32x2(*(Vector512<float>*)from, at, *(Vector512<float>*)(from + 64));
    }

    private static void Narrow(float* x, float* weights, byte* lanes, ushort* windows, int count, float* sums)
    {
        if (Avx2.IsSupported)
        {
            Group256(x, weights, lanes, windows, count, sums);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            Group128(x, weights, lanes, windows, count, sums);
        }
        else
        {
            GroupScalar(x, weights, lanes, windows, count, sums);
        }
    }

    /// <summary>AVX2: two gathers of 8.</summary>
    public static void Group256(float* x, float* weights, byte* lanes, ushort* windows, int count, float* sums)
    {
        Vector256<float> low = default, high = default;
        var mask = Vector256.Create(Window - 1);
        for (var s = 0; s < count; s++)
        {
            var window = x + ((nuint)windows[s] * Alignment);
            var at = (int*)(lanes + (s / Steps * Steps * Group));
            var shift = Vector128.CreateScalar(s % Steps * 8);
            var first = Avx2.And(Avx2.ShiftRightLogical(*(Vector256<int>*)at, shift), mask);
            var second = Avx2.And(Avx2.ShiftRightLogical(*(Vector256<int>*)(at + 8), shift), mask);
            low = Simd.MultiplyAdd(Avx2.GatherVector256(window, first, 4), *(Vector256<float>*)weights, low);
            high = Simd.MultiplyAdd(Avx2.GatherVector256(window, second, 4), *(Vector256<float>*)(weights + 8), high);
            weights += Group;
        }

        *(Vector256<float>*)sums = low;
        *(Vector256<float>*)(sums + 8) = high;
    }

    /// <summary>NEON, SSE: inputs fetched one by one into four vectors.</summary>
    public static void Group128(float* x, float* weights, byte* lanes, ushort* windows, int count, float* sums)
    {
        Vector128<float> a = default, b = default, c = default, d = default;
        for (var s = 0; s < count; s++)
        {
            var window = x + ((nuint)windows[s] * Alignment);
            var at = lanes + (s / Steps * Steps * Group) + (s % Steps);
            a = Simd.MultiplyAdd(Fetch(window, at), *(Vector128<float>*)weights, a);
            b = Simd.MultiplyAdd(Fetch(window, at + (4 * Steps)), *(Vector128<float>*)(weights + 4), b);
            c = Simd.MultiplyAdd(Fetch(window, at + (8 * Steps)), *(Vector128<float>*)(weights + 8), c);
            d = Simd.MultiplyAdd(Fetch(window, at + (12 * Steps)), *(Vector128<float>*)(weights + 12), d);
            weights += Group;
        }

        *(Vector128<float>*)sums = a;
        *(Vector128<float>*)(sums + 4) = b;
        *(Vector128<float>*)(sums + 8) = c;
        *(Vector128<float>*)(sums + 12) = d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fetch(float* window, byte* at) => Vector128.Create(window[at[0]], window[at[Steps]], window[at[2 * Steps]], window[at[3 * Steps]]);

    /// <summary>One multiply-add at a time.</summary>
    public static void GroupScalar(float* x, float* weights, byte* lanes, ushort* windows, int count, float* sums)
    {
        new Span<float>(sums, Group).Clear();
        for (var s = 0; s < count; s++)
        {
            var window = x + ((nuint)windows[s] * Alignment);
            var at = lanes + (s / Steps * Steps * Group) + (s % Steps);
            for (var j = 0; j < Group; j++)
            {
                sums[j] = Simd.MultiplyAdd(window[at[j * Steps]], weights[j], sums[j]);
            }

            weights += Group;
        }
    }

    /// <summary>y = clamp(sums + bias + residual) for one group: in a row where the packer kept the order, else each output at its place.</summary>
    private static void Finish(float* sums, float* y, float* bias, ushort* order, float* residual, int first, int outputs, float lo, float hi)
    {
        if (order == null && first + Group <= outputs)
        {
            for (var j = 0; j < Group; j += 8)
            {
                var value = *(Vector256<float>*)(sums + j) + *(Vector256<float>*)(bias + first + j);
                value = residual == null ? value : value + *(Vector256<float>*)(residual + first + j);
                *(Vector256<float>*)(y + first + j) = Simd.Clamp(value, Vector256.Create(lo), Vector256.Create(hi));
            }

            return;
        }

        var count = Math.Min(Group, outputs - first);
        for (var j = 0; j < count; j++)
        {
            var at = order == null ? first + j : order[first + j];
            y[at] = Simd.Clamp(sums[j] + bias[first + j] + (residual == null ? 0f : residual[at]), lo, hi);
        }
    }
}
