// needs: Elements
using System;
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>(x - mean) / sqrt(variance + epsilon) * scale + bias for each channel.</summary>
internal static unsafe class BatchNormalization
{
    /// <summary>Normalises with given statistics. Steps are elements from one image, channel, plane and row to the next.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output; may be the input.</param>
    /// <param name="scale">[channels].</param>
    /// <param name="bias">[channels].</param>
    /// <param name="mean">[channels].</param>
    /// <param name="variance">[channels].</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="epsilon">Keeps the root from zero.</param>
    /// <param name="size">Depth, height, width.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output.</param>
    public static void Run<T, TSum, TE>(
        T* x, T* y, T* scale, T* bias, T* mean, T* variance, int images, int channels, float epsilon, ReadOnlySpan<int> size, ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        for (int c = 0; c < images * channels; c++)
        {
            int channel = c % channels;
            T* from = x + ((nint)(c / channels) * xSteps[0]) + ((nint)channel * xSteps[1]);
            T* to = y + ((nint)(c / channels) * ySteps[0]) + ((nint)channel * ySteps[1]);
            (TSum factor, TSum offset) = Line<T, TSum, TE>(scale[channel], bias[channel], TE.Widen(mean[channel]), TE.Widen(variance[channel]), epsilon);
            for (int z = 0; z < size[0]; z++)
            {
                for (int row = 0; row < size[1]; row++)
                {
                    T* source = from + ((nint)z * xSteps[2]) + ((nint)row * xSteps[3]);
                    T* target = to + ((nint)z * ySteps[2]) + ((nint)row * ySteps[3]);
                    for (int i = 0; i < size[2]; i++)
                    {
                        target[i] = TE.Narrow((TE.Widen(source[i]) * factor) + offset);
                    }
                }
            }
        }
    }

    /// <summary>Normalises row-major [images, channels, plane] with its own statistics and moves the given ones towards them.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Output; may be the input.</param>
    /// <param name="scale">[channels].</param>
    /// <param name="bias">[channels].</param>
    /// <param name="mean">[channels].</param>
    /// <param name="variance">[channels].</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="epsilon">Keeps the root from zero.</param>
    /// <param name="plane">Pixels of one channel.</param>
    /// <param name="momentum">What remains of the given statistics.</param>
    /// <param name="newMean">[channels]; may be null.</param>
    /// <param name="newVariance">[channels]; may be null.</param>
    public static void Training<T, TSum, TE>(
        T* x, T* y, T* scale, T* bias, T* mean, T* variance, int images, int channels, float epsilon, int plane, float momentum, T* newMean, T* newVariance)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        TSum count = TSum.CreateTruncating((long)images * plane), kept = TSum.CreateTruncating(momentum), moved = TSum.One - kept;
        for (int c = 0; c < channels; c++)
        {
            TSum sum = TSum.Zero, squares = TSum.Zero;
            for (int pass = 0; pass < 2; pass++)
            {
                for (int n = 0; n < images; n++)
                {
                    T* pixels = x + (((nint)n * channels) + c) * plane;
                    for (int i = 0; i < plane; i++)
                    {
                        TSum value = TE.Widen(pixels[i]);
                        sum += pass == 0 ? value : TSum.Zero;
                        squares += pass == 0 ? TSum.Zero : (value - sum) * (value - sum);
                    }
                }

                sum = pass == 0 ? sum / count : sum;
            }

            squares /= count;
            (TSum factor, TSum offset) = Line<T, TSum, TE>(scale[c], bias[c], sum, squares, epsilon);
            for (int n = 0; n < images; n++)
            {
                nint at = (((nint)n * channels) + c) * plane;
                for (int i = 0; i < plane; i++)
                {
                    y[at + i] = TE.Narrow((TE.Widen(x[at + i]) * factor) + offset);
                }
            }

            if (newMean != null)
            {
                newMean[c] = TE.Narrow((TE.Widen(mean[c]) * kept) + (sum * moved));
            }

            if (newVariance != null)
            {
                newVariance[c] = TE.Narrow((TE.Widen(variance[c]) * kept) + (squares * moved));
            }
        }
    }

    // The normalisation as one multiply-add.
    private static (TSum Factor, TSum Offset) Line<T, TSum, TE>(T scale, T bias, TSum mean, TSum variance, float epsilon)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        double factor = double.CreateTruncating(TE.Widen(scale)) / Math.Sqrt(double.CreateTruncating(variance) + epsilon);
        double offset = double.CreateTruncating(TE.Widen(bias)) - (double.CreateTruncating(mean) * factor);
        return (TSum.CreateTruncating(factor), TSum.CreateTruncating(offset));
    }
}
