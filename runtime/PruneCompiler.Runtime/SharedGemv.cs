// needs: Simd, Lanes
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>y = clamp(W x + b + r) with W sparse, one vector at a time, where groups of 8, 16 or 32 outputs read the same few inputs.</summary>
/// <remarks>
/// An input is fetched once for a whole group, by a 16-bit index, and its weights lie side by side: 4 bytes a weight and one multiply-add for a vector of outputs, as
/// in a dense product, over the inputs that the group reads.
/// </remarks>
internal static unsafe class SharedGemv
{
    /// <summary>Outputs in the largest group.</summary>
    public const int MostOutputs = 32;

    /// <summary>Runs the widest body that the processor has.</summary>
    /// <param name="x">The inputs.</param>
    /// <param name="y">Receives <paramref name="outputs"/> floats; must not overlap x.</param>
    /// <param name="weights">[group][tap][width]. Best aligned to 64 bytes.</param>
    /// <param name="indices">[group][tap]: inputs.</param>
    /// <param name="sizes">[group][2]: width (8, 16 or 32) and taps.</param>
    /// <param name="bias">[group][width]: b in packed order.</param>
    /// <param name="order">[group][width]: the place in y of each packed output, ascending within a group; fillers at its end have the number of outputs.</param>
    /// <param name="residual">r: floats in the order of y, added before clamping; or null.</param>
    /// <param name="groups">Number of groups.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    public static void Run(float* x, float* y, float* weights, ushort* indices, int* sizes, float* bias, ushort* order, float* residual, int groups, int outputs, float lo, float hi)
    {
        if (Lanes512.IsNative)
        {
            Body<Vector512<float>, Lanes512, Vector256<float>, Lanes256>(x, y, weights, indices, sizes, bias, order, residual, groups, outputs, lo, hi);
        }
        else if (Lanes256.IsNative)
        {
            Body<Vector256<float>, Lanes256, Vector256<float>, Lanes256>(x, y, weights, indices, sizes, bias, order, residual, groups, outputs, lo, hi);
        }
        else if (Lanes128.IsNative)
        {
            Body<Vector128<float>, Lanes128, Vector128<float>, Lanes128>(x, y, weights, indices, sizes, bias, order, residual, groups, outputs, lo, hi);
        }
        else
        {
            Body<float, Lanes1, float, Lanes1>(x, y, weights, indices, sizes, bias, order, residual, groups, outputs, lo, hi);
        }
    }

    /// <summary>The body for one vector width; the second pair of types, of at most 8 lanes, serves groups of 8.</summary>
    public static void Body<TV, TOps, TV8, TOps8>(
        float* x, float* y, float* weights, ushort* indices, int* sizes, float* bias, ushort* order, float* residual, int groups, int outputs, float lo, float hi)
        where TV : unmanaged
        where TOps : struct, ILanes<TV>
        where TV8 : unmanaged
        where TOps8 : struct, ILanes<TV8>
    {
        float* sums = stackalloc float[MostOutputs];
        for (int g = 0; g < groups; g++)
        {
            int width = sizes[2 * g], taps = sizes[(2 * g) + 1];
            if (width == 8)
            {
                Columns<TV8, TOps8>(x, weights, indices, width, taps, sums);
            }
            else
            {
                Columns<TV, TOps>(x, weights, indices, width, taps, sums);
            }

            Finish<TV8, TOps8>(sums, y, bias, order, residual, width, outputs, lo, hi);
            weights += (nint)taps * width;
            indices += taps;
            bias += width;
            order += width;
        }
    }

    // The sums of a group, up to four vectors of outputs at a time.
    private static void Columns<TV, TOps>(float* x, float* weights, ushort* indices, int width, int taps, float* sums)
        where TV : unmanaged
        where TOps : struct, ILanes<TV>
    {
        for (int v = 0, left = width / TOps.Count; left > 0;)
        {
            int vectors = left >= 4 ? 4 : left >= 2 ? 2 : 1;
            if (vectors == 4)
            {
                By4<TV, TOps>(x, weights + v, indices, width, taps, sums + v);
            }
            else if (vectors == 2)
            {
                By2<TV, TOps>(x, weights + v, indices, width, taps, sums + v);
            }
            else
            {
                By1<TV, TOps>(x, weights + v, indices, width, taps, sums + v);
            }

            v += vectors * TOps.Count;
            left -= vectors;
        }
    }

    // In bounds, all three: indices name existing inputs, weights has width floats for each tap. Four sums hide the latency of a multiply-add.

    private static void By4<TV, TOps>(float* x, float* w, ushort* indices, int width, int taps, float* sums)
        where TV : unmanaged
        where TOps : struct, ILanes<TV>
    {
        TV a = default, b = default, c = default, d = default;
        for (nint t = 0; t < taps; t++, w += width)
        {
            TV value = TOps.Broadcast(x + indices[t]);
            a = TOps.MultiplyAdd(value, TOps.Load(w), a);
            b = TOps.MultiplyAdd(value, TOps.Load(w + TOps.Count), b);
            c = TOps.MultiplyAdd(value, TOps.Load(w + (2 * TOps.Count)), c);
            d = TOps.MultiplyAdd(value, TOps.Load(w + (3 * TOps.Count)), d);
        }

        TOps.Store(sums, a);
        TOps.Store(sums + TOps.Count, b);
        TOps.Store(sums + (2 * TOps.Count), c);
        TOps.Store(sums + (3 * TOps.Count), d);
    }

    private static void By2<TV, TOps>(float* x, float* w, ushort* indices, int width, int taps, float* sums)
        where TV : unmanaged
        where TOps : struct, ILanes<TV>
    {
        TV a = default, b = default, c = default, d = default;
        nint t = 0;
        for (; t < taps - 1; t += 2, w += 2 * width)
        {
            uint pair = Unsafe.ReadUnaligned<uint>(indices + t); // one load for two indices: loads are what is scarce
            TV even = TOps.Broadcast(x + (ushort)pair), odd = TOps.Broadcast(x + (pair >> 16));
            a = TOps.MultiplyAdd(even, TOps.Load(w), a);
            b = TOps.MultiplyAdd(even, TOps.Load(w + TOps.Count), b);
            c = TOps.MultiplyAdd(odd, TOps.Load(w + width), c);
            d = TOps.MultiplyAdd(odd, TOps.Load(w + width + TOps.Count), d);
        }

        if (t < taps)
        {
            TV value = TOps.Broadcast(x + indices[t]);
            a = TOps.MultiplyAdd(value, TOps.Load(w), a);
            b = TOps.MultiplyAdd(value, TOps.Load(w + TOps.Count), b);
        }

        TOps.Store(sums, TOps.Add(a, c));
        TOps.Store(sums + TOps.Count, TOps.Add(b, d));
    }

    private static void By1<TV, TOps>(float* x, float* w, ushort* indices, int width, int taps, float* sums)
        where TV : unmanaged
        where TOps : struct, ILanes<TV>
    {
        TV a = default, b = default, c = default, d = default;
        nint t = 0;
        for (; t < taps - 3; t += 4, w += 4 * width)
        {
            ulong four = Unsafe.ReadUnaligned<ulong>(indices + t);
            a = TOps.MultiplyAdd(TOps.Broadcast(x + (ushort)four), TOps.Load(w), a);
            b = TOps.MultiplyAdd(TOps.Broadcast(x + (ushort)(four >> 16)), TOps.Load(w + width), b);
            c = TOps.MultiplyAdd(TOps.Broadcast(x + (ushort)(four >> 32)), TOps.Load(w + (2 * width)), c);
            d = TOps.MultiplyAdd(TOps.Broadcast(x + (four >> 48)), TOps.Load(w + (3 * width)), d);
        }

        for (; t < taps; t++, w += width)
        {
            a = TOps.MultiplyAdd(TOps.Broadcast(x + indices[t]), TOps.Load(w), a);
        }

        TOps.Store(sums, TOps.Add(TOps.Add(a, b), TOps.Add(c, d)));
    }

    // Outputs are ascending: the last minus the first says whether they lie in a row.
    private static void Finish<TV, TOps>(float* sums, float* y, float* bias, ushort* order, float* residual, int width, int outputs, float lo, float hi)
        where TV : unmanaged
        where TOps : struct, ILanes<TV>
    {
        if (order[width - 1] < outputs && order[width - 1] - order[0] == width - 1)
        {
            TV low = TOps.Create(lo), high = TOps.Create(hi);
            y += order[0];
            for (int j = 0; j < width; j += TOps.Count)
            {
                TV value = TOps.Add(TOps.Load(sums + j), TOps.Load(bias + j));
                value = residual == null ? value : TOps.Add(value, TOps.Load(residual + order[0] + j));
                TOps.Store(y + j, TOps.Min(high, TOps.Max(low, value)));
            }

            return;
        }

        for (int j = 0; j < width && order[j] < outputs; j++)
        {
            y[order[j]] = Simd.Clamp(sums[j] + bias[j] + (residual == null ? 0f : residual[order[j]]), lo, hi);
        }
    }
}
