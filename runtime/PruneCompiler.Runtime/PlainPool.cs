// needs: Elements
using System;
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>
/// Pools over windows of any size, stride and dilation. Sizes have three spatial axes, leading ones are 1; steps are elements from one
/// image, channel, plane and row to the next, pixels of a row are neighbours.
/// </summary>
internal static unsafe class PlainPool
{
    /// <summary>The largest pixel of each window.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="input">Depth, height, width of the input.</param>
    /// <param name="output">The same of the output.</param>
    /// <param name="kernel">The same of the window.</param>
    /// <param name="strides">Input pixels between windows.</param>
    /// <param name="dilations">Input pixels between taps.</param>
    /// <param name="pads">Pixels of padding in front; padding is never the largest.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output.</param>
    /// <param name="indices">Receives where the largest pixel was, row-major; may be null.</param>
    /// <param name="columnMajor">Indices count column-major within a plane.</param>
    public static void Max<T, TSum, TE>(
        T* x, T* y, int images, int channels, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, long* indices, bool columnMajor)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        long plane = (long)input[0] * input[1] * input[2];
        for (int c = 0; c < images * channels; c++)
        {
            T* from = x + ((nint)(c / channels) * xSteps[0]) + ((nint)(c % channels) * xSteps[1]);
            T* to = y + ((nint)(c / channels) * ySteps[0]) + ((nint)(c % channels) * ySteps[1]);
            for (int oz = 0; oz < output[0]; oz++)
            {
                for (int oy = 0; oy < output[1]; oy++)
                {
                    for (int ox = 0; ox < output[2]; ox++)
                    {
                        TSum best = TE.Lowest;
                        long found = -1;
                        for (int kz = 0; kz < kernel[0]; kz++)
                        {
                            int iz = (oz * strides[0]) + (kz * dilations[0]) - pads[0];
                            for (int ky = 0; ky < kernel[1] && (uint)iz < (uint)input[0]; ky++)
                            {
                                int iy = (oy * strides[1]) + (ky * dilations[1]) - pads[1];
                                for (int kx = 0; kx < kernel[2] && (uint)iy < (uint)input[1]; kx++)
                                {
                                    int ix = (ox * strides[2]) + (kx * dilations[2]) - pads[2];
                                    if ((uint)ix < (uint)input[2])
                                    {
                                        TSum value = TE.Widen(from[((nint)iz * xSteps[2]) + ((nint)iy * xSteps[3]) + ix]);
                                        if (value > best || found < 0)
                                        {
                                            best = value;
                                            found = columnMajor ? (((ix * (long)input[1]) + iy) * input[0]) + iz : (((iz * (long)input[1]) + iy) * input[2]) + ix;
                                        }
                                    }
                                }
                            }
                        }

                        to[((nint)oz * ySteps[2]) + ((nint)oy * ySteps[3]) + ox] = TE.Narrow(best);
                        if (indices != null)
                        {
                            *indices++ = (c * plane) + found;
                        }
                    }
                }
            }
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
    public static void Average<T, TSum, TE>(
        T* x, T* y, int images, int channels, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, ReadOnlySpan<int> padsEnd, bool countPadding)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        for (int c = 0; c < images * channels; c++)
        {
            T* from = x + ((nint)(c / channels) * xSteps[0]) + ((nint)(c % channels) * xSteps[1]);
            T* to = y + ((nint)(c / channels) * ySteps[0]) + ((nint)(c % channels) * ySteps[1]);
            for (int oz = 0; oz < output[0]; oz++)
            {
                for (int oy = 0; oy < output[1]; oy++)
                {
                    for (int ox = 0; ox < output[2]; ox++)
                    {
                        TSum sum = TSum.Zero;
                        int pixels = 0, padded = 0;
                        for (int kz = 0; kz < kernel[0]; kz++)
                        {
                            int iz = (oz * strides[0]) + (kz * dilations[0]) - pads[0];
                            for (int ky = 0; ky < kernel[1] && iz < input[0] + padsEnd[0]; ky++)
                            {
                                int iy = (oy * strides[1]) + (ky * dilations[1]) - pads[1];
                                for (int kx = 0; kx < kernel[2] && iy < input[1] + padsEnd[1]; kx++)
                                {
                                    int ix = (ox * strides[2]) + (kx * dilations[2]) - pads[2];
                                    padded += ix < input[2] + padsEnd[2] ? 1 : 0;
                                    if ((uint)iz < (uint)input[0] && (uint)iy < (uint)input[1] && (uint)ix < (uint)input[2])
                                    {
                                        sum += TE.Widen(from[((nint)iz * xSteps[2]) + ((nint)iy * xSteps[3]) + ix]);
                                        pixels++;
                                    }
                                }
                            }
                        }

                        to[((nint)oz * ySteps[2]) + ((nint)oy * ySteps[3]) + ox] =
                            TE.Narrow(pixels == 0 ? TSum.Zero : sum / TSum.CreateTruncating(countPadding ? padded : pixels));
                    }
                }
            }
        }
    }

    /// <summary>The norm (sum of |pixel|^p)^(1/p) of each window.</summary>
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
    /// <param name="exponent">p.</param>
    public static void Norm<T, TSum, TE>(
        T* x, T* y, int images, int channels, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, float exponent)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        for (int c = 0; c < images * channels; c++)
        {
            T* from = x + ((nint)(c / channels) * xSteps[0]) + ((nint)(c % channels) * xSteps[1]);
            T* to = y + ((nint)(c / channels) * ySteps[0]) + ((nint)(c % channels) * ySteps[1]);
            for (int oz = 0; oz < output[0]; oz++)
            {
                for (int oy = 0; oy < output[1]; oy++)
                {
                    for (int ox = 0; ox < output[2]; ox++)
                    {
                        double sum = 0;
                        for (int kz = 0; kz < kernel[0]; kz++)
                        {
                            int iz = (oz * strides[0]) + (kz * dilations[0]) - pads[0];
                            for (int ky = 0; ky < kernel[1] && (uint)iz < (uint)input[0]; ky++)
                            {
                                int iy = (oy * strides[1]) + (ky * dilations[1]) - pads[1];
                                for (int kx = 0; kx < kernel[2] && (uint)iy < (uint)input[1]; kx++)
                                {
                                    int ix = (ox * strides[2]) + (kx * dilations[2]) - pads[2];
                                    if ((uint)ix < (uint)input[2])
                                    {
                                        double value = Math.Abs(double.CreateTruncating(TE.Widen(from[((nint)iz * xSteps[2]) + ((nint)iy * xSteps[3]) + ix])));
                                        sum += exponent == 2f ? value * value : exponent == 1f ? value : Math.Pow(value, exponent);
                                    }
                                }
                            }
                        }

                        double norm = exponent == 2f ? Math.Sqrt(sum) : exponent == 1f ? sum : Math.Pow(sum, 1.0 / exponent);
                        to[((nint)oz * ySteps[2]) + ((nint)oy * ySteps[3]) + ox] = TE.Narrow(TSum.CreateTruncating(norm));
                    }
                }
            }
        }
    }
}
