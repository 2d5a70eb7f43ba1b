// needs: Elements
using System;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>One number for each plane of an image. Steps are elements from one image, channel, plane and row to the next.</summary>
internal static unsafe class GlobalPool
{
    /// <summary>The mean of each channel's pixels.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output, one element for each image and channel.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="size">Depth, height, width of the input.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output; the first two are used.</param>
    public static void Average<T, TSum, TE>(T* x, T* y, int images, int channels, ReadOnlySpan<int> size, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        for (int c = 0; c < images * channels; c++)
        {
            T* from = x + ((nint)(c / channels) * xSteps[0]) + ((nint)(c % channels) * xSteps[1]);
            TSum sum = TSum.Zero;
            if (typeof(T) == typeof(float) && Avx.IsSupported)
            {
                for (int z = 0; z < size[0]; z++)
                {
                    bool whole = xSteps[3] == size[2];
                    sum += TSum.CreateTruncating(Sum((float*)from + ((nint)z * xSteps[2]), whole ? 1 : size[1], whole ? size[1] * size[2] : size[2], xSteps[3]));
                }

                y[((nint)(c / channels) * ySteps[0]) + ((nint)(c % channels) * ySteps[1])] = TE.Narrow(sum / TSum.CreateTruncating((long)size[0] * size[1] * size[2]));
                continue;
            }

            Vector128<float> four = Vector128<float>.Zero;
            for (int z = 0; z < size[0]; z++)
            {
                for (int row = 0; row < size[1]; row++)
                {
                    T* pixels = from + ((nint)z * xSteps[2]) + ((nint)row * xSteps[3]);
                    int i = 0;
                    if (typeof(T) == typeof(float))
                    {
                        for (; i + 4 <= size[2]; i += 4)
                        {
                            four += *(Vector128<float>*)(pixels + i);
                        }
                    }

                    for (; i < size[2]; i++)
                    {
                        sum += TE.Widen(pixels[i]);
                    }
                }
            }

            sum += TSum.CreateTruncating(Vector128.Sum(four));
            y[((nint)(c / channels) * ySteps[0]) + ((nint)(c % channels) * ySteps[1])] = TE.Narrow(sum / TSum.CreateTruncating((long)size[0] * size[1] * size[2]));
        }
    }

    // Rows of floats, the last few of each by a load that leaves out what is behind them; four sums, so that none waits for its own addition.
    private static float Sum(float* from, int rows, int width, nint step)
    {
        Vector256<float> a = default, b = default, c = default, d = default;
        var rest = Vector256.LessThan(Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7), Vector256.Create(width % 8)).AsSingle();
        int row = 0;
        if (width < 8)
        {
            for (; row <= rows - 4; row += 4, from += 4 * step)
            {
                a += Avx.MaskLoad(from, rest);
                b += Avx.MaskLoad(from + step, rest);
                c += Avx.MaskLoad(from + (2 * step), rest);
                d += Avx.MaskLoad(from + (3 * step), rest);
            }
        }

        for (; row < rows; row++, from += step)
        {
            int i = 0;
            for (; i <= width - 32; i += 32)
            {
                a += *(Vector256<float>*)(from + i);
                b += *(Vector256<float>*)(from + i + 8);
                c += *(Vector256<float>*)(from + i + 16);
                d += *(Vector256<float>*)(from + i + 24);
            }

            for (; i <= width - 8; i += 8)
            {
                a += *(Vector256<float>*)(from + i);
            }

            b += i < width ? Avx.MaskLoad(from + i, rest) : default;
        }

        return Vector256.Sum((a + b) + (c + d));
    }

    /// <summary>The largest of each channel's pixels. Parameters as in <c>Average</c>.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output, one element for each image and channel.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="size">Depth, height, width of the input.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output; the first two are used.</param>
    public static void Max<T, TSum, TE>(T* x, T* y, int images, int channels, ReadOnlySpan<int> size, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        for (int c = 0; c < images * channels; c++)
        {
            T* from = x + ((nint)(c / channels) * xSteps[0]) + ((nint)(c % channels) * xSteps[1]);
            TSum best = TE.Lowest;
            for (int z = 0; z < size[0]; z++)
            {
                for (int row = 0; row < size[1]; row++)
                {
                    T* pixels = from + ((nint)z * xSteps[2]) + ((nint)row * xSteps[3]);
                    for (int i = 0; i < size[2]; i++)
                    {
                        TSum value = TE.Widen(pixels[i]);
                        best = value > best ? value : best;
                    }
                }
            }

            y[((nint)(c / channels) * ySteps[0]) + ((nint)(c % channels) * ySteps[1])] = TE.Narrow(best);
        }
    }
}
