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

    /// <summary>The largest pixel of each window; padding is never the largest.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="input">Depth, height, width of the input.</param>
    /// <param name="output">The same of the output.</param>
    /// <param name="kernel">The same of the window.</param>
    /// <param name="strides">Input pixels between windows.</param>
    /// <param name="dilations">Input pixels between taps.</param>
    /// <param name="pads">Pixels of padding in front.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output.</param>
    public static void Max(
        float* x, float* y, int images, int channels, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps)
    {
        if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256, MaxFold>(x, y, images, channels, input, output, kernel, strides, dilations, pads, xSteps, ySteps, default, false);
        }
        else
        {
            Run<Vector128<float>, Lanes128, MaxFold>(x, y, images, channels, input, output, kernel, strides, dilations, pads, xSteps, ySteps, default, false);
        }
    }

    /// <summary>The mean of each window. Parameters as in <c>Max</c>, and:</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
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
        float* x, float* y, int images, int channels, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, ReadOnlySpan<int> padsEnd, bool countPadding)
    {
        if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256, SumFold>(x, y, images, channels, input, output, kernel, strides, dilations, pads, xSteps, ySteps, padsEnd, countPadding);
        }
        else
        {
            Run<Vector128<float>, Lanes128, SumFold>(x, y, images, channels, input, output, kernel, strides, dilations, pads, xSteps, ySteps, padsEnd, countPadding);
        }
    }

    private static void Run<TV, TS, TFold>(
        float* x, float* y, int images, int channels, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, ReadOnlySpan<int> padsEnd, bool countPadding)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        int width = input[2], length = Math.Max(((output[2] - 1) * strides[2]) + ((kernel[2] - 1) * dilations[2]) + 1, pads[2] + width);
        float* line = stackalloc float[length + 32];
        new Span<float>(line, length + 32).Fill(TFold.Start);
        int* counts = stackalloc int[padsEnd.IsEmpty ? 1 : output[2]];
        for (int ox = 0; ox < output[2] && !padsEnd.IsEmpty; ox++)
        {
            counts[ox] = Count(ox, 2, input, kernel, strides, dilations, pads, padsEnd, countPadding);
        }

        // Two by two neighbouring pixels, none of padding.
        bool quarters = kernel[0] == 1 && input[0] == output[0] && kernel[1] == 2 && kernel[2] == 2 && strides[0] == 1 && strides[1] == 2 && strides[2] == 2 && dilations[1] == 1 && dilations[2] == 1
            && pads[0] == 0 && pads[1] == 0 && pads[2] == 0 && 2 * output[1] <= input[1] && 2 * output[2] <= width;
        for (int c = 0; c < images * channels; c++)
        {
            float* from = x + ((nint)(c / channels) * xSteps[0]) + ((nint)(c % channels) * xSteps[1]);
            float* to = y + ((nint)(c / channels) * ySteps[0]) + ((nint)(c % channels) * ySteps[1]);
            for (int oz = 0; oz < output[0]; oz++)
            {
                for (int oy = 0; oy < output[1]; oy++)
                {
                    float* row = to + ((nint)oz * ySteps[2]) + ((nint)oy * ySteps[3]);
                    if (quarters)
                    {
                        float* above = from + ((nint)oz * xSteps[2]) + ((nint)(2 * oy) * xSteps[3]);
                        Quarters<TFold>(above, above + xSteps[3], row, output[2]);
                        if (!padsEnd.IsEmpty)
                        {
                            Divide(row, output[2], counts, 2);
                        }

                        continue;
                    }

                    bool first = true;
                    for (int kz = 0; kz < kernel[0]; kz++)
                    {
                        int iz = (oz * strides[0]) + (kz * dilations[0]) - pads[0];
                        for (int ky = 0; ky < kernel[1] && (uint)iz < (uint)input[0]; ky++)
                        {
                            int iy = (oy * strides[1]) + (ky * dilations[1]) - pads[1];
                            if ((uint)iy < (uint)input[1])
                            {
                                AddRow<TV, TS, TFold>(from + ((nint)iz * xSteps[2]) + ((nint)iy * xSteps[3]), line + pads[2], width, first);
                                first = false;
                            }
                        }
                    }

                    if (first)
                    {
                        new Span<float>(line + pads[2], width).Fill(TFold.Start);
                    }

                    Along<TV, TS, TFold>(line, row, output[2], kernel[2], strides[2], dilations[2]);
                    if (!padsEnd.IsEmpty)
                    {
                        int rows = Count(oz, 0, input, kernel, strides, dilations, pads, padsEnd, countPadding) * Count(oy, 1, input, kernel, strides, dilations, pads, padsEnd, countPadding);
                        Divide(row, output[2], counts, first ? 0 : rows);
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

    private static void Divide(float* row, int width, int* counts, int rows)
    {
        for (int ox = 0; ox < width; ox++)
        {
            int n = counts[ox] * rows;
            row[ox] = n == 0 ? 0 : row[ox] / n;
        }
    }

    // Reads 2 * width pixels of each of two rows, and no more. The rows are folded first, as everywhere, so that sums have the same bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quarters<TFold>(float* above, float* below, float* row, int width)
        where TFold : struct, IPoolFold
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            Vector512<int> evens = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            for (; i + 16 <= width; i += 16)
            {
                Vector512<float> a = TFold.Fold<Vector512<float>, Lanes512>(*(Vector512<float>*)(above + (2 * i)), *(Vector512<float>*)(below + (2 * i)));
                Vector512<float> b = TFold.Fold<Vector512<float>, Lanes512>(*(Vector512<float>*)(above + (2 * i) + 16), *(Vector512<float>*)(below + (2 * i) + 16));
                *(Vector512<float>*)(row + i) = TFold.Fold<Vector512<float>, Lanes512>(Avx512F.PermuteVar16x32x2(a, evens, b), Avx512F.PermuteVar16x32x2(a, evens + Vector512<int>.One, b));
            }
        }

        if (Avx2.IsSupported)
        {
            for (; i + 8 <= width; i += 8)
            {
                Vector256<float> a = TFold.Fold<Vector256<float>, Lanes256>(*(Vector256<float>*)(above + (2 * i)), *(Vector256<float>*)(below + (2 * i)));
                Vector256<float> b = TFold.Fold<Vector256<float>, Lanes256>(*(Vector256<float>*)(above + (2 * i) + 8), *(Vector256<float>*)(below + (2 * i) + 8));
                Vector256<float> folded = TFold.Fold<Vector256<float>, Lanes256>(Avx.Shuffle(a, b, 0x88), Avx.Shuffle(a, b, 0xDD));
                *(Vector256<double>*)(row + i) = Avx2.Permute4x64(folded.AsDouble(), 0xD8);
            }
        }

        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            for (; i + 4 <= width; i += 4)
            {
                Vector128<float> a = TFold.Fold<Vector128<float>, Lanes128>(*(Vector128<float>*)(above + (2 * i)), *(Vector128<float>*)(below + (2 * i)));
                Vector128<float> b = TFold.Fold<Vector128<float>, Lanes128>(*(Vector128<float>*)(above + (2 * i) + 4), *(Vector128<float>*)(below + (2 * i) + 4));
                *(Vector128<float>*)(row + i) = Sse.IsSupported
                    ? TFold.Fold<Vector128<float>, Lanes128>(Sse.Shuffle(a, b, 0x88), Sse.Shuffle(a, b, 0xDD))
                    : TFold.Fold<Vector128<float>, Lanes128>(AdvSimd.Arm64.UnzipEven(a, b), AdvSimd.Arm64.UnzipOdd(a, b));
            }
        }

        for (; i < width; i++)
        {
            row[i] = TFold.Fold<float, Lanes1>(TFold.Fold<float, Lanes1>(above[2 * i], below[2 * i]), TFold.Fold<float, Lanes1>(above[(2 * i) + 1], below[(2 * i) + 1]));
        }
    }

    private static void AddRow<TV, TS, TFold>(float* from, float* line, int width, bool first)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        int i = 0;
        for (; i + TS.Count <= width; i += TS.Count)
        {
            TV pixels = TS.Load(from + i);
            TS.Store(line + i, first ? pixels : TFold.Fold<TV, TS>(TS.Load(line + i), pixels));
        }

        for (; i < width; i++)
        {
            line[i] = first ? from[i] : TFold.Fold<float, Lanes1>(line[i], from[i]);
        }
    }

    private static void Along<TV, TS, TFold>(float* line, float* row, int width, int kernel, int stride, int dilation)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TFold : struct, IPoolFold
    {
        int ox = 0;
        if (stride == 1)
        {
            for (; ox + TS.Count <= width; ox += TS.Count)
            {
                TV value = TS.Load(line + ox);
                for (int k = 1; k < kernel; k++)
                {
                    value = TFold.Fold<TV, TS>(value, TS.Load(line + ox + (k * dilation)));
                }

                TS.Store(row + ox, value);
            }
        }
        else if (stride == 2 && (Sse.IsSupported || AdvSimd.Arm64.IsSupported))
        {
            // Reads up to 8 elements from a tap on; the line has 32 more than it needs.
            for (; ox + 4 <= width; ox += 4)
            {
                Vector128<float> value = Even(line + (2 * ox));
                for (int k = 1; k < kernel; k++)
                {
                    value = TFold.Fold<Vector128<float>, Lanes128>(value, Even(line + (2 * ox) + (k * dilation)));
                }

                *(Vector128<float>*)(row + ox) = value;
            }
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Even(float* p)
    {
        Vector128<float> a = *(Vector128<float>*)p, b = *(Vector128<float>*)(p + 4);
        return Sse.IsSupported ? Sse.Shuffle(a, b, 0x88) : AdvSimd.Arm64.UnzipEven(a, b);
    }
}
