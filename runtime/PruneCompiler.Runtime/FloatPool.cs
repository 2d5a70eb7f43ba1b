// needs: Simd, Lanes
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>What a pool folds its pixels with.</summary>
internal interface IPoolFold
{
    /// <summary>The fold of nothing: what padding counts as.</summary>
    static abstract float Start { get; }

    /// <summary>The fold of two vectors.</summary>
    static abstract TV Fold<TV, TS>(TV a, TV b)
        where TV : unmanaged
        where TS : struct, ILanes<TV>;
}

/// <summary>The larger one.</summary>
internal readonly struct MaxFold : IPoolFold
{
    public static float Start => float.NegativeInfinity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Fold<TV, TS>(TV a, TV b)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => TS.Max(a, b);
}

/// <summary>The sum.</summary>
internal readonly struct SumFold : IPoolFold
{
    public static float Start => 0f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Fold<TV, TS>(TV a, TV b)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => TS.Add(a, b);
}

/// <summary>
/// Pools of floats over windows. The rows under a window are folded into one padded line first, whole vectors at a time, and the line is folded along the
/// row after that. Sizes have three spatial axes, leading ones are 1; steps are elements from one image, channel, plane and row to the next.
/// </summary>
internal static unsafe class FloatPool
{
    /// <summary>Longest line: output width times stride and kernel.</summary>
    public const int LongestLine = 8192;

    /// <summary>Most rows under a window: its depth times its height.</summary>
    public const int MostRows = 1024;

    // What may be read behind a line: two vectors of the widest kind.
    private const int Slack = 32;

    /// <summary>The largest pixel of each window; padding is never the largest.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="first">First output row.</param>
    /// <param name="end">Output row to stop at.</param>
    /// <param name="rowLength">Elements that are written of each output row: pixels, then zeros.</param>
    /// <param name="input">Depth, height, width of the input.</param>
    /// <param name="output">The same of the output.</param>
    /// <param name="kernel">The same of the window.</param>
    /// <param name="strides">Input pixels between windows.</param>
    /// <param name="dilations">Input pixels between taps.</param>
    /// <param name="pads">Pixels of padding in front.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output.</param>
    public static void Max(
        float* x, float* y, int images, int channels, int first, int end, int rowLength, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps)
    {
        if (Lanes512.IsNative)
        {
            Run<Vector512<float>, Lanes512, MaxFold>(x, y, images, channels, first, end, rowLength, input, output, kernel, strides, dilations, pads, xSteps, ySteps, default, false);
        }
        else if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256, MaxFold>(x, y, images, channels, first, end, rowLength, input, output, kernel, strides, dilations, pads, xSteps, ySteps, default, false);
        }
        else
        {
            Run<Vector128<float>, Lanes128, MaxFold>(x, y, images, channels, first, end, rowLength, input, output, kernel, strides, dilations, pads, xSteps, ySteps, default, false);
        }
    }

    /// <summary>The mean of each window. Parameters as in <c>Max</c>, and:</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="first">First output row.</param>
    /// <param name="end">Output row to stop at.</param>
    /// <param name="rowLength">Elements that are written of each output row: pixels, then zeros.</param>
    /// <param name="input">Depth, height, width of the input.</param>
    /// <param name="output">The same of the output.</param>
    /// <param name="kernel">The same of the window.</param>
    /// <param name="strides">Input pixels between windows.</param>
    /// <param name="dilations">Input pixels between taps.</param>
    /// <param name="pads">Pixels of padding in front.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output.</param>
    /// <param name="padsEnd">Pixels of padding behind.</param>
    /// <param name="countPadding">Padding counts as pixels of value 0.</param>
    public static void Average(
        float* x, float* y, int images, int channels, int first, int end, int rowLength, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, ReadOnlySpan<int> padsEnd, bool countPadding)
    {
        if (Lanes512.IsNative)
        {
            Run<Vector512<float>, Lanes512, SumFold>(x, y, images, channels, first, end, rowLength, input, output, kernel, strides, dilations, pads, xSteps, ySteps, padsEnd, countPadding);
        }
        else if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256, SumFold>(x, y, images, channels, first, end, rowLength, input, output, kernel, strides, dilations, pads, xSteps, ySteps, padsEnd, countPadding);
        }
        else
        {
            Run<Vector128<float>, Lanes128, SumFold>(x, y, images, channels, first, end, rowLength, input, output, kernel, strides, dilations, pads, xSteps, ySteps, padsEnd, countPadding);
        }
    }

    private static void Run<TV, TS, TFold>(
        float* x, float* y, int images, int channels, int first, int end, int rowLength, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, ReadOnlySpan<int> padsEnd, bool countPadding)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        int width = input[2], columns = output[2], length = Math.Max(((columns - 1) * strides[2]) + ((kernel[2] - 1) * dilations[2]) + 1, pads[2] + width);
        int lineLength = length + (TS.Count * Math.Min(2, strides[2])) + Slack;
        float* line = stackalloc float[lineLength];
        new Span<float>(line, lineLength).Fill(TFold.Start);
        float* counts = stackalloc float[padsEnd.IsEmpty ? 1 : columns];
        for (int ox = 0; ox < columns && !padsEnd.IsEmpty; ox++)
        {
            counts[ox] = Math.Max(1, Count(ox, 2, input, kernel, strides, dilations, pads, padsEnd, countPadding)); // the mean of nothing is 0
        }

        // Two by two neighbouring pixels, none of padding.
        bool quarters = kernel[0] == 1 && input[0] == output[0] && kernel[1] == 2 && kernel[2] == 2 && strides[0] == 1 && strides[1] == 2 && strides[2] == 2 && dilations[1] == 1 && dilations[2] == 1
            && pads[0] == 0 && pads[1] == 0 && pads[2] == 0 && 2 * output[1] <= input[1] && 2 * columns <= width;
        nint* rows = stackalloc nint[kernel[0] * kernel[1]];
        for (int plane = 0; plane < images * output[0]; plane++)
        {
            int n = plane / output[0], oz = plane % output[0];
            float* from = x + ((nint)n * xSteps[0]), to = y + ((nint)n * ySteps[0]) + ((nint)oz * ySteps[2]);
            for (int oy = first; oy < end; oy++)
            {
                int count = Rows(rows, oz, oy, input, kernel, strides, dilations, pads, xSteps), counted = 1;
                if (!padsEnd.IsEmpty && count > 0)
                {
                    counted = Math.Max(1, Count(oz, 0, input, kernel, strides, dilations, pads, padsEnd, countPadding) * Count(oy, 1, input, kernel, strides, dilations, pads, padsEnd, countPadding));
                }

                for (int c = 0; c < channels; c++)
                {
                    float* row = to + ((nint)c * ySteps[1]) + ((nint)oy * ySteps[3]);
                    float* pixels = from + ((nint)c * xSteps[1]);
                    if (quarters)
                    {
                        Quarters<TV, TS, TFold>(pixels + rows[0], pixels + rows[1], row, columns);
                    }
                    else
                    {
                        Fold<TV, TS, TFold>(pixels, rows, count, line + pads[2], width);
                        Along<TV, TS, TFold>(line, row, columns, Math.Max(columns, rowLength), kernel[2], strides[2], dilations[2]);
                    }

                    if (!padsEnd.IsEmpty)
                    {
                        Divide<TV, TS>(row, columns, counts, counted);
                    }

                    if (rowLength > columns)
                    {
                        new Span<float>(row + columns, rowLength - columns).Clear();
                    }
                }
            }
        }
    }

    // The positions of window `o` along an axis that count.
    private static int Count(
        int o, int axis, ReadOnlySpan<int> input, ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> padsEnd, bool countPadding)
    {
        int count = 0;
        for (int k = 0; k < kernel[axis]; k++)
        {
            int i = (o * strides[axis]) + (k * dilations[axis]) - pads[axis];
            count += countPadding ? (i < input[axis] + padsEnd[axis] ? 1 : 0) : (uint)i < (uint)input[axis] ? 1 : 0;
        }

        return count;
    }

    private static void Divide<TV, TS>(float* row, int width, float* counts, int rows)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int ox = 0;
        TV times = TS.Create(rows);
        for (; ox + TS.Count <= width; ox += TS.Count)
        {
            TS.Store(row + ox, TS.Divide(TS.Load(row + ox), TS.Multiply(TS.Load(counts + ox), times)));
        }

        for (; ox < width; ox++)
        {
            row[ox] /= counts[ox] * rows;
        }
    }

    // Where the rows under a window begin, padding left out; how many there are.
    private static int Rows(
        nint* rows, int oz, int oy, ReadOnlySpan<int> input, ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps)
    {
        int count = 0;
        for (int kz = 0; kz < kernel[0]; kz++)
        {
            int iz = (oz * strides[0]) + (kz * dilations[0]) - pads[0];
            for (int ky = 0; ky < kernel[1] && (uint)iz < (uint)input[0]; ky++)
            {
                int iy = (oy * strides[1]) + (ky * dilations[1]) - pads[1];
                if ((uint)iy < (uint)input[1])
                {
                    rows[count++] = ((nint)iz * xSteps[2]) + ((nint)iy * xSteps[3]);
                }
            }
        }

        return count;
    }

    // The rows under a window as one line.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Fold<TV, TS, TFold>(float* from, nint* rows, int count, float* line, int width)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        if (count == 0)
        {
            new Span<float>(line, width).Fill(TFold.Start);
            return;
        }

        int i = 0;
        float* a = from + rows[0];
        if (count == 3)
        {
            float* b = from + rows[1], c = from + rows[2];
            for (; i + TS.Count <= width; i += TS.Count)
            {
                TS.Store(line + i, TFold.Fold<TV, TS>(TFold.Fold<TV, TS>(TS.Load(a + i), TS.Load(b + i)), TS.Load(c + i)));
            }
        }
        else if (count == 2)
        {
            float* b = from + rows[1];
            for (; i + TS.Count <= width; i += TS.Count)
            {
                TS.Store(line + i, TFold.Fold<TV, TS>(TS.Load(a + i), TS.Load(b + i)));
            }
        }
        else
        {
            for (; i + TS.Count <= width; i += TS.Count)
            {
                TV value = TS.Load(a + i);
                for (int r = 1; r < count; r++)
                {
                    value = TFold.Fold<TV, TS>(value, TS.Load(from + rows[r] + i));
                }

                TS.Store(line + i, value);
            }
        }

        for (; i < width; i++)
        {
            float value = a[i];
            for (int r = 1; r < count; r++)
            {
                value = TFold.Fold<float, Lanes1>(value, from[rows[r] + i]);
            }

            line[i] = value;
        }
    }

    // Reads 2 * width pixels of each of two rows, and no more. The rows are folded first, as everywhere, so that sums have the same bits.
    private static void Quarters<TV, TS, TFold>(float* above, float* below, float* row, int width)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        int i = Pairs<TV, TS, TFold>(above, below, row, 0, width);
        if (TS.Count > 8 && i < width)
        {
            i = Pairs<Vector256<float>, Lanes256, TFold>(above, below, row, i, width);
        }

        if (TS.Count > 4 && i < width)
        {
            i = Pairs<Vector128<float>, Lanes128, TFold>(above, below, row, i, width);
        }

        Pairs<float, Lanes1, TFold>(above, below, row, i, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Pairs<TV, TS, TFold>(float* above, float* below, float* row, int i, int width)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        for (; i + TS.Count <= width; i += TS.Count)
        {
            float* p = above + (2 * i), q = below + (2 * i);
            TV a = TFold.Fold<TV, TS>(TS.Load(p), TS.Load(q)), b = TFold.Fold<TV, TS>(TS.Load(p + TS.Count), TS.Load(q + TS.Count));
            TS.Store(row + i, TFold.Fold<TV, TS>(TS.Evens(a, b), TS.Odds(a, b)));
        }

        return i;
    }

    // Whole vectors as far as the row may be written, narrower ones for what is left.
    private static void Along<TV, TS, TFold>(float* line, float* row, int width, int limit, int kernel, int stride, int dilation)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        int ox = Vectors<TV, TS, TFold>(line, row, 0, width, limit, kernel, stride, dilation);
        if (TS.Count > 8 && ox < width)
        {
            ox = Vectors<Vector256<float>, Lanes256, TFold>(line, row, ox, width, limit, kernel, stride, dilation);
        }

        if (TS.Count > 4 && ox < width)
        {
            ox = Vectors<Vector128<float>, Lanes128, TFold>(line, row, ox, width, limit, kernel, stride, dilation);
        }

        for (; ox < width; ox++)
        {
            float value = line[ox * stride];
            for (int k = 1; k < kernel; k++)
            {
                value = TFold.Fold<float, Lanes1>(value, line[(ox * stride) + (k * dilation)]);
            }

            row[ox] = value;
        }
    }

    // Strides 1 and 2. In bounds: the line is longer by a vector of outputs and two vectors of inputs than what the last output needs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Vectors<TV, TS, TFold>(float* line, float* row, int ox, int width, int limit, int kernel, int stride, int dilation)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        for (; stride == 1 && ox < width && ox + TS.Count <= limit; ox += TS.Count)
        {
            TV value = TS.Load(line + ox);
            for (int k = 1; k < kernel; k++)
            {
                value = TFold.Fold<TV, TS>(value, TS.Load(line + ox + (k * dilation)));
            }

            TS.Store(row + ox, value);
        }

        for (; stride == 2 && ox < width && ox + TS.Count <= limit; ox += TS.Count)
        {
            float* from = line + (2 * ox);
            TV value = TS.Evens(TS.Load(from), TS.Load(from + TS.Count));
            for (int k = 1; k < kernel; k++)
            {
                from += dilation;
                value = TFold.Fold<TV, TS>(value, TS.Evens(TS.Load(from), TS.Load(from + TS.Count)));
            }

            TS.Store(row + ox, value);
        }

        return ox;
    }
}
