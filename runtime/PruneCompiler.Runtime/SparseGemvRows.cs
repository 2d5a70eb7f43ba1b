// needs: Simd
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace PruneCompiler.Runtime;

/// <summary>y = clamp(W x + b + r) with W sparse, one vector at a time, 8 outputs side by side, inputs anywhere.</summary>
/// <remarks>
/// Rows are sorted by their number of weights and taken eight at a time; a step holds one weight and one 16-bit input index of each. Inputs are loaded one by
/// one into vectors, which runs everywhere and, without a fast gather, faster than a gather. For very sparse layers and for processors without AVX-512.
/// </remarks>
internal static unsafe class SparseGemvRows
{
    /// <summary>Outputs in a group.</summary>
    public const int Group = 8;

    /// <summary>Runs the widest body that the processor has.</summary>
    /// <param name="x">The inputs, at most 65,536.</param>
    /// <param name="y">Receives <paramref name="outputs"/> floats; must not overlap x.</param>
    /// <param name="weights">[step][8]: the weights, step by step, group by group; zeros fill up the shorter rows.</param>
    /// <param name="indices">[step][8]: for each weight its input.</param>
    /// <param name="steps">[group]: the number of steps of each group.</param>
    /// <param name="bias">[group][8]: b in packed order.</param>
    /// <param name="order">[outputs]: the place in y of each packed output; null where they are in order.</param>
    /// <param name="residual">r: <paramref name="outputs"/> floats in the order of y, added before clamping; or null.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    public static void Run(
        float* x, float* y, float* weights, ushort* indices, int* steps, float* bias, ushort* order, float* residual, int outputs, float lo, float hi)
    {
        var sums = stackalloc float[Group];
        for (var o = 0; o < outputs; o += Group)
        {
            var count = *steps++;
            if (Vector128.IsHardwareAccelerated)
            {
                Group128(x, weights, indices, count, sums);
            }
            else
            {
                GroupScalar(x, weights, indices, count, sums);
            }

            Finish(sums, y, bias, order, residual, o, outputs, lo, hi);
            weights += count * Group;
            indices += count * Group;
        }
    }

    // In bounds, both bodies: the packer writes only indices of existing inputs.

    /// <summary>Two vectors of four sums; the eight indices come in two 64-bit loads, because loads are what is scarce.</summary>
    public static void Group128(float* x, float* weights, ushort* indices, int count, float* sums)
    {
        Vector128<float> low = default, high = default;
        for (var s = 0; s < count; s++)
        {
            var a = *(ulong*)indices;
            var b = *(ulong*)(indices + 4);
            low = Simd.MultiplyAdd(Fetch(x, a), *(Vector128<float>*)weights, low);
            high = Simd.MultiplyAdd(Fetch(x, b), *(Vector128<float>*)(weights + 4), high);
            weights += Group;
            indices += Group;
        }

        *(Vector128<float>*)sums = low;
        *(Vector128<float>*)(sums + 4) = high;
    }

    /// <summary>One multiply-add at a time.</summary>
    public static void GroupScalar(float* x, float* weights, ushort* indices, int count, float* sums)
    {
        new Span<float>(sums, Group).Clear();
        for (var s = 0; s < count; s++)
        {
            for (var j = 0; j < Group; j++)
            {
                sums[j] = Simd.MultiplyAdd(x[indices[j]], weights[j], sums[j]);
            }

            weights += Group;
            indices += Group;
        }
    }

    /// <summary>x at four 16-bit indices, the lowest bits first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Fetch(float* x, ulong indices)
    {
        if (AdvSimd.IsSupported)
        {
            var v = Vector128.CreateScalarUnsafe(x[(ushort)indices]);
            v = AdvSimd.LoadAndInsertScalar(v, 1, x + (ushort)(indices >> 16));
            v = AdvSimd.LoadAndInsertScalar(v, 2, x + (ushort)(indices >> 32));
            return AdvSimd.LoadAndInsertScalar(v, 3, x + (indices >> 48));
        }

        return Vector128.Create(x[(ushort)indices], x[(ushort)(indices >> 16)], x[(ushort)(indices >> 32)], x[indices >> 48]);
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
