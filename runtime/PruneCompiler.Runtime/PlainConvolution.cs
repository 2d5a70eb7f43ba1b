// needs: Elements
using System;
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>
/// Convolution and its transpose on row-major arrays, one multiply-add after the other: for element types and shapes that no faster kernel serves.
/// </summary>
internal static unsafe class PlainConvolution
{
    /// <summary>Convolution. Sizes have three spatial axes; leading ones are 1 where the layer has fewer.</summary>
    /// <param name="x">[images, channels, depth, height, width].</param>
    /// <param name="w">[filters, channels / group, kernel].</param>
    /// <param name="bias">[filters] or, with <paramref name="biasPerPixel"/>, [filters, output]; may be null.</param>
    /// <param name="residual">Added before the activation; of the output's shape; may be null.</param>
    /// <param name="y">[images, filters, output].</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Input channels.</param>
    /// <param name="filters">Output channels.</param>
    /// <param name="group">Groups of channels.</param>
    /// <param name="input">Depth, height, width of the input.</param>
    /// <param name="output">The same of the output.</param>
    /// <param name="kernel">The same of the kernel.</param>
    /// <param name="strides">Input pixels between neighbouring outputs.</param>
    /// <param name="dilations">Input pixels between neighbouring taps.</param>
    /// <param name="pads">Pixels of padding in front.</param>
    /// <param name="biasPerPixel">See <paramref name="bias"/>.</param>
    /// <param name="slope">LeakyRelu's slope, 1 for none.</param>
    /// <param name="low">Lower bound of the result.</param>
    /// <param name="high">Upper bound of the result.</param>
    public static void Run<T, TSum, TE>(
        T* x, T* w, T* bias, T* residual, T* y, int images, int channels, int filters, int group, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, bool biasPerPixel, float slope, float low, float high)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        int perGroup = channels / group, taps = kernel[0] * kernel[1] * kernel[2];
        nint plane = (nint)input[0] * input[1] * input[2], pixels = (nint)output[0] * output[1] * output[2];
        for (int n = 0; n < images; n++)
        {
            for (int f = 0; f < filters; f++)
            {
                T* from = x + (((nint)n * channels) + (f / (filters / group) * perGroup)) * plane;
                T* weights = w + ((nint)f * perGroup * taps);
                nint at = ((nint)n * filters + f) * pixels;
                nint pixel = 0;
                for (int oz = 0; oz < output[0]; oz++)
                {
                    for (int oy = 0; oy < output[1]; oy++)
                    {
                        for (int ox = 0; ox < output[2]; ox++, pixel++)
                        {
                            TSum sum = TSum.Zero;
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
                                            T* source = from + (((nint)iz * input[1]) + iy) * input[2] + ix;
                                            T* weight = weights + (((kz * kernel[1]) + ky) * kernel[2]) + kx;
                                            for (int c = 0; c < perGroup; c++)
                                            {
                                                sum += TE.Widen(source[c * plane]) * TE.Widen(weight[(nint)c * taps]);
                                            }
                                        }
                                    }
                                }
                            }

                            sum += bias == null ? TSum.Zero : TE.Widen(bias[biasPerPixel ? (f * pixels) + pixel : f]);
                            sum += residual == null ? TSum.Zero : TE.Widen(residual[at + pixel]);
                            y[at + pixel] = TE.Narrow(Activate(sum, slope, low, high));
                        }
                    }
                }
            }
        }
    }

    /// <summary>Transposed convolution: every input pixel adds its multiple of the kernel to the output. Sizes as in <c>Run</c>.</summary>
    /// <param name="x">[images, channels, depth, height, width].</param>
    /// <param name="w">[channels, filters / group, kernel].</param>
    /// <param name="bias">[filters], may be null.</param>
    /// <param name="y">[images, filters, output].</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Input channels.</param>
    /// <param name="filters">Output channels.</param>
    /// <param name="group">Groups of channels.</param>
    /// <param name="input">Depth, height, width of the input.</param>
    /// <param name="output">The same of the output.</param>
    /// <param name="kernel">The same of the kernel.</param>
    /// <param name="strides">Output pixels between the marks of neighbouring inputs.</param>
    /// <param name="dilations">Output pixels between neighbouring taps.</param>
    /// <param name="pads">Pixels cut off in front.</param>
    /// <param name="slope">LeakyRelu's slope, 1 for none.</param>
    /// <param name="low">Lower bound of the result.</param>
    /// <param name="high">Upper bound of the result.</param>
    public static void Transposed<T, TSum, TE>(
        T* x, T* w, T* bias, T* y, int images, int channels, int filters, int group, ReadOnlySpan<int> input, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel,
        ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, float slope, float low, float high)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        int inGroup = channels / group, outGroup = filters / group, taps = kernel[0] * kernel[1] * kernel[2];
        nint plane = (nint)input[0] * input[1] * input[2], pixels = (nint)output[0] * output[1] * output[2];
        for (int n = 0; n < images; n++)
        {
            for (int f = 0; f < filters; f++)
            {
                T* from = x + (((nint)n * channels) + (f / outGroup * inGroup)) * plane;
                T* weights = w + (((nint)(f / outGroup) * inGroup * outGroup) + (f % outGroup)) * taps;
                T* to = y + (((nint)n * filters) + f) * pixels;
                for (int oz = 0; oz < output[0]; oz++)
                {
                    for (int oy = 0; oy < output[1]; oy++)
                    {
                        for (int ox = 0; ox < output[2]; ox++)
                        {
                            TSum sum = bias == null ? TSum.Zero : TE.Widen(bias[f]);
                            for (int kz = 0; kz < kernel[0]; kz++)
                            {
                                int iz = Source(oz + pads[0] - (kz * dilations[0]), strides[0], input[0]);
                                for (int ky = 0; ky < kernel[1] && iz >= 0; ky++)
                                {
                                    int iy = Source(oy + pads[1] - (ky * dilations[1]), strides[1], input[1]);
                                    for (int kx = 0; kx < kernel[2] && iy >= 0; kx++)
                                    {
                                        int ix = Source(ox + pads[2] - (kx * dilations[2]), strides[2], input[2]);
                                        if (ix >= 0)
                                        {
                                            T* source = from + (((nint)iz * input[1]) + iy) * input[2] + ix;
                                            T* weight = weights + (((kz * kernel[1]) + ky) * kernel[2]) + kx;
                                            for (int c = 0; c < inGroup; c++)
                                            {
                                                sum += TE.Widen(source[c * plane]) * TE.Widen(weight[(nint)c * outGroup * taps]);
                                            }
                                        }
                                    }
                                }
                            }

                            *to++ = TE.Narrow(Activate(sum, slope, low, high));
                        }
                    }
                }
            }
        }
    }

    /// <summary>max(v, 0) + slope * min(v, 0), then limited to [low, high]; NaN stays NaN.</summary>
    public static TSum Activate<TSum>(TSum value, float slope, float low, float high)
        where TSum : unmanaged, INumber<TSum>
    {
        if (slope != 1f && value < TSum.Zero)
        {
            value *= TSum.CreateTruncating(slope);
        }

        // An infinite bound is none; comparing with it would overflow in integer types.
        if (!float.IsInfinity(low) && value < TSum.CreateTruncating(low))
        {
            value = TSum.CreateTruncating(low);
        }

        if (!float.IsInfinity(high) && value > TSum.CreateTruncating(high))
        {
            value = TSum.CreateTruncating(high);
        }

        return value;
    }

    // The input index that marks position `at`, or -1.
    private static int Source(int at, int stride, int size) => at >= 0 && at % stride == 0 && at / stride < size ? at / stride : -1;
}
