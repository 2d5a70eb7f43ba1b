// needs: Elements
using System;
using System.Numerics;
using System.Runtime.Intrinsics;

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
