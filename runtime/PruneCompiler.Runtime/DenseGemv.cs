// needs: Simd, Lanes
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>y = clamp(W x + b + r), one vector at a time: batch-1 Gemm and MatMul with constant weights.</summary>
/// <remarks>
/// Every weight is read once, so bytes decide. W is packed as [panel][input][32 outputs]: one stream, no horizontal sums, one broadcast of x for 32
/// outputs. The last panel is filled up with zeros.
/// </remarks>
internal static unsafe class DenseGemv
{
    /// <summary>Outputs in a panel.</summary>
    public const int PanelWidth = 32;

    /// <summary>Runs the widest body that the processor has.</summary>
    /// <param name="x">The inputs: <paramref name="inputs"/> floats.</param>
    /// <param name="y">Receives <paramref name="outputs"/> floats; must not overlap x.</param>
    /// <param name="weights">Packed W: ceil(outputs / 32) * inputs * 32 floats. Best aligned to 64 bytes.</param>
    /// <param name="bias">b, filled up with zeros to whole panels: ceil(outputs / 32) * 32 floats.</param>
    /// <param name="residual">r: <paramref name="outputs"/> floats added before clamping, or null.</param>
    /// <param name="inputs">Columns of W.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    public static void Run(float* x, float* y, float* weights, float* bias, float* residual, int inputs, int outputs, float lo, float hi)
    {
        if (Lanes512.IsNative)
        {
            Body<Vector512<float>, Lanes512>(x, y, weights, bias, residual, inputs, outputs, lo, hi);
        }
        else if (Lanes256.IsNative)
        {
            Body<Vector256<float>, Lanes256>(x, y, weights, bias, residual, inputs, outputs, lo, hi);
        }
        else if (Lanes128.IsNative)
        {
            Body<Vector128<float>, Lanes128>(x, y, weights, bias, residual, inputs, outputs, lo, hi);
        }
        else
        {
            Scalar(x, y, weights, bias, residual, inputs, outputs, lo, hi);
        }
    }

    /// <summary>The body for one vector width.</summary>
    public static void Body<TV, TOps>(
        float* x, float* y, float* weights, float* bias, float* residual, int inputs, int outputs, float lo, float hi)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        // Eight accumulators hide the latency of the multiply-add. With 16 lanes they take 4 inputs at once, with 8 lanes 2, with 4 lanes 1.
        var n = TOps.Count;
        var vectors = PanelWidth / n;
        var step = 8 / vectors;
        var whole = inputs / step * step;
        var sums = stackalloc float[PanelWidth];
        for (var o = 0; o < outputs; o += PanelWidth)
        {
            TV a0 = TOps.Create(0f), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
            var w = weights;

            // In bounds: w runs over the inputs * 32 floats of this panel, 8 vectors (step inputs) at a time; x[i + 7 / vectors] is below whole.
            for (var i = 0; i < whole; i += step)
            {
                a0 = TOps.MultiplyAdd(TOps.Create(x[i]), TOps.Load(w), a0);
                a1 = TOps.MultiplyAdd(TOps.Create(x[i + (1 / vectors)]), TOps.Load(w + n), a1);
                a2 = TOps.MultiplyAdd(TOps.Create(x[i + (2 / vectors)]), TOps.Load(w + (2 * n)), a2);
                a3 = TOps.MultiplyAdd(TOps.Create(x[i + (3 / vectors)]), TOps.Load(w + (3 * n)), a3);
                a4 = TOps.MultiplyAdd(TOps.Create(x[i + (4 / vectors)]), TOps.Load(w + (4 * n)), a4);
                a5 = TOps.MultiplyAdd(TOps.Create(x[i + (5 / vectors)]), TOps.Load(w + (5 * n)), a5);
                a6 = TOps.MultiplyAdd(TOps.Create(x[i + (6 / vectors)]), TOps.Load(w + (6 * n)), a6);
                a7 = TOps.MultiplyAdd(TOps.Create(x[i + (7 / vectors)]), TOps.Load(w + (7 * n)), a7);
                w += 8 * n;
            }

            // With fewer than 8 vectors to a panel, the accumulators of the same outputs are joined.
            if (vectors <= 4)
            {
                a0 = TOps.Add(a0, a4);
                a1 = TOps.Add(a1, a5);
                a2 = TOps.Add(a2, a6);
                a3 = TOps.Add(a3, a7);
            }

            if (vectors == 2)
            {
                a0 = TOps.Add(a0, a2);
                a1 = TOps.Add(a1, a3);
            }

            TOps.Store(sums, a0);
            TOps.Store(sums + n, a1);
            if (vectors >= 4)
            {
                TOps.Store(sums + (2 * n), a2);
                TOps.Store(sums + (3 * n), a3);
            }

            if (vectors == 8)
            {
                TOps.Store(sums + (4 * n), a4);
                TOps.Store(sums + (5 * n), a5);
                TOps.Store(sums + (6 * n), a6);
                TOps.Store(sums + (7 * n), a7);
            }

            for (var i = whole; i < inputs; i++, w += PanelWidth)
            {
                for (var j = 0; j < PanelWidth; j += n)
                {
                    TOps.Store(sums + j, TOps.MultiplyAdd(TOps.Create(x[i]), TOps.Load(w + j), TOps.Load(sums + j)));
                }
            }

            Finish<TV, TOps>(sums, y + o, bias + o, residual == null ? null : residual + o, Math.Min(PanelWidth, outputs - o), lo, hi);
            weights = w;
        }
    }

    /// <summary>The body for processors without vectors.</summary>
    public static void Scalar(
        float* x, float* y, float* weights, float* bias, float* residual, int inputs, int outputs, float lo, float hi)
    {
        var sums = stackalloc float[PanelWidth];
        for (var o = 0; o < outputs; o += PanelWidth)
        {
            new Span<float>(sums, PanelWidth).Clear();
            for (var i = 0; i < inputs; i++, weights += PanelWidth)
            {
                var value = x[i];
                for (var j = 0; j < PanelWidth; j++)
                {
                    sums[j] = Simd.MultiplyAdd(value, weights[j], sums[j]);
                }
            }

            Finish<float, Lanes1>(sums, y + o, bias + o, residual == null ? null : residual + o, Math.Min(PanelWidth, outputs - o), lo, hi);
        }
    }

    /// <summary>y[0..count) = clamp(sums + bias + residual).</summary>
    private static void Finish<TV, TOps>(float* sums, float* y, float* bias, float* residual, int count, float lo, float hi)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        var j = 0;
        for (; j <= count - TOps.Count; j += TOps.Count)
        {
            var value = TOps.Add(TOps.Load(sums + j), TOps.Load(bias + j));
            if (residual != null)
            {
                value = TOps.Add(value, TOps.Load(residual + j));
            }

            TOps.Store(y + j, TOps.Min(TOps.Create(hi), TOps.Max(TOps.Create(lo), value)));
        }

        for (; j < count; j++)
        {
            y[j] = Simd.Clamp(sums[j] + bias[j] + (residual == null ? 0f : residual[j]), lo, hi);
        }
    }
}
