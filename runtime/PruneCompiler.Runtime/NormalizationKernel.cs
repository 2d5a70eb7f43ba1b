// needs: VectorMath
using System;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>Normalisation of rows, and of groups of channels, by mean and deviation.</summary>
/// <remarks>Two passes: the mean, then the mean of the squared differences, so that nothing cancels.</remarks>
internal static unsafe class NormalizationKernel
{
    // Rows that go through a stage one after the other.
    private const int Together = 16;

    /// <summary>y = (x - mean) / sqrt(variance + epsilon) * scale + bias in each row.</summary>
    /// <param name="x">[rows, count].</param>
    /// <param name="scale">[count], or null for 1.</param>
    /// <param name="bias">[count], or null for 0.</param>
    /// <param name="y">[rows, count].</param>
    /// <param name="mean">Receives [rows], or null.</param>
    /// <param name="deviation">Receives 1 / sqrt(variance + epsilon), [rows], or null.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="count">Values in a row.</param>
    /// <param name="epsilon">Keeps the root from zero.</param>
    /// <param name="centered">False leaves the mean in (root mean square normalisation).</param>
    public static void Rows(float* x, float* scale, float* bias, float* y, float* mean, float* deviation, int rows, int count, float epsilon, bool centered)
    {
        // Stage by stage for some rows: the stages of one row wait for each other, those of several do not.
        float* means = stackalloc float[Together], factors = stackalloc float[Together];
        for (long first = 0; first < rows; first += Together)
        {
            int these = (int)Math.Min(Together, rows - first);
            float* from = x + (first * count), to = y + (first * count);
            for (int r = 0; r < these; r++)
            {
                means[r] = centered ? (float)(Sum(from + ((long)r * count), count) / count) : 0;
            }

            for (int r = 0; r < these; r++)
            {
                factors[r] = (float)(1 / Math.Sqrt((SquaredDifferences(from + ((long)r * count), count, means[r]) / count) + epsilon));
            }

            for (int r = 0; r < these; r++)
            {
                Affine(from + ((long)r * count), to + ((long)r * count), count, means[r], factors[r], scale, bias);
                if (mean != null)
                {
                    mean[first + r] = means[r];
                }

                if (deviation != null)
                {
                    deviation[first + r] = factors[r];
                }
            }
        }
    }

    /// <inheritdoc cref="Rows(float*, float*, float*, float*, float*, float*, int, int, float, bool)"/>
    public static void Rows(double* x, double* scale, double* bias, double* y, double* mean, double* deviation, int rows, int count, float epsilon, bool centered)
    {
        for (long r = 0; r < rows; r++)
        {
            double* from = x + (r * count), to = y + (r * count);
            (double m, double factor) = Moments(from, count, epsilon, centered);
            for (int i = 0; i < count; i++)
            {
                to[i] = ((from[i] - m) * factor * (scale != null ? scale[i] : 1)) + (bias != null ? bias[i] : 0);
            }

            if (mean != null)
            {
                mean[r] = m;
            }

            if (deviation != null)
            {
                deviation[r] = factor;
            }
        }
    }

    /// <summary>The same over groups of channels: all pixels of a group share mean and deviation.</summary>
    /// <param name="x">[images, groups * channels, pixels].</param>
    /// <param name="scale">A value per channel, or per group.</param>
    /// <param name="bias">A value per channel, or per group.</param>
    /// <param name="y">Like x.</param>
    /// <param name="images">Batch size.</param>
    /// <param name="groups">Groups of an image.</param>
    /// <param name="channels">Channels of a group.</param>
    /// <param name="pixels">Pixels of a channel.</param>
    /// <param name="epsilon">Keeps the root from zero.</param>
    /// <param name="perGroup">Whether scale and bias are per group.</param>
    public static void Groups(float* x, float* scale, float* bias, float* y, int images, int groups, int channels, int pixels, float epsilon, bool perGroup)
    {
        int count = channels * pixels;
        for (long g = 0; g < (long)images * groups; g++)
        {
            float* from = x + (g * count), to = y + (g * count);
            double m = Sum(from, count) / count;
            double factor = 1 / Math.Sqrt((SquaredDifferences(from, count, (float)m) / count) + epsilon);
            for (int c = 0; c < channels; c++)
            {
                long at = perGroup ? g % groups : (g % groups * channels) + c;
                double slope = factor * scale[at];
                Line(from + ((long)c * pixels), to + ((long)c * pixels), pixels, (float)m, (float)slope, bias[at]);
            }
        }
    }

    /// <inheritdoc cref="Groups(float*, float*, float*, float*, int, int, int, int, float, bool)"/>
    public static void Groups(double* x, double* scale, double* bias, double* y, int images, int groups, int channels, int pixels, float epsilon, bool perGroup)
    {
        int count = channels * pixels;
        for (long g = 0; g < (long)images * groups; g++)
        {
            double* from = x + (g * count), to = y + (g * count);
            (double m, double factor) = Moments(from, count, epsilon, centered: true);
            for (int i = 0; i < count; i++)
            {
                long at = perGroup ? g % groups : (g % groups * channels) + (i / pixels);
                to[i] = ((from[i] - m) * factor * scale[at]) + bias[at];
            }
        }
    }

    /// <summary>y = x / (bias + alpha / size * sum of squares over neighbouring channels) ^ beta (Krizhevsky et al., "ImageNet Classification", 2012).</summary>
    /// <param name="x">[images, channels, pixels].</param>
    /// <param name="y">Like x.</param>
    /// <param name="images">Batch size.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="pixels">Pixels of a channel.</param>
    /// <param name="size">Channels in the window; (size - 1) / 2 of them come before.</param>
    /// <param name="alpha">Weight of the squares.</param>
    /// <param name="beta">Power.</param>
    /// <param name="bias">Addend.</param>
    public static void AcrossChannels(float* x, float* y, int images, int channels, int pixels, int size, float alpha, float beta, float bias)
    {
        for (long n = 0; n < images; n++)
        {
            float* image = x + (n * channels * pixels), result = y + (n * channels * pixels);
            for (int c = 0; c < channels; c++)
            {
                int first = Math.Max(0, c - ((size - 1) / 2)), last = Math.Min(channels - 1, c + (size / 2));
                float* from = image + ((long)c * pixels), to = result + ((long)c * pixels);
                int i = 0;
                for (; i <= pixels - Vector<float>.Count; i += Vector<float>.Count)
                {
                    var sum = Vector<float>.Zero;
                    for (int k = first; k <= last; k++)
                    {
                        Vector<float> v = *(Vector<float>*)(image + ((long)k * pixels) + i);
                        sum += v * v;
                    }

                    Vector<float> power = VectorMath.Log((sum * new Vector<float>(alpha / size)) + new Vector<float>(bias)) * new Vector<float>(-beta);
                    *(Vector<float>*)(to + i) = *(Vector<float>*)(from + i) * VectorMath.Exp(power);
                }

                for (; i < pixels; i++)
                {
                    float sum = 0;
                    for (int k = first; k <= last; k++)
                    {
                        float v = image[((long)k * pixels) + i];
                        sum += v * v;
                    }

                    to[i] = from[i] / MathF.Pow(bias + (alpha / size * sum), beta);
                }
            }
        }
    }

    private static (double Mean, double Factor) Moments(double* x, int count, float epsilon, bool centered)
    {
        double mean = 0, squares = 0;
        for (int i = 0; i < count && centered; i++)
        {
            mean += x[i] / count;
        }

        for (int i = 0; i < count; i++)
        {
            squares += (x[i] - mean) * (x[i] - mean);
        }

        return (mean, 1 / Math.Sqrt((squares / count) + epsilon));
    }

    private static double Sum(float* x, int count)
    {
        Vector<float> a = Vector<float>.Zero, b = a;
        int i = 0;
        if (Vector512.IsHardwareAccelerated && Vector<float>.Count == Vector256<float>.Count)
        {
            Vector512<float> c = Vector512<float>.Zero, d = c;
            for (; i <= count - (2 * Vector512<float>.Count); i += 2 * Vector512<float>.Count)
            {
                c += *(Vector512<float>*)(x + i);
                d += *(Vector512<float>*)(x + i + Vector512<float>.Count);
            }

            c += d;
            a = (c.GetLower() + c.GetUpper()).AsVector();
        }

        for (; i <= count - (2 * Vector<float>.Count); i += 2 * Vector<float>.Count)
        {
            a += *(Vector<float>*)(x + i);
            b += *(Vector<float>*)(x + i + Vector<float>.Count);
        }

        double sum = Vector.Sum(a + b);
        for (; i < count; i++)
        {
            sum += x[i];
        }

        return sum;
    }

    private static double SquaredDifferences(float* x, int count, float mean)
    {
        var m = new Vector<float>(mean);
        Vector<float> a = Vector<float>.Zero, b = a;
        int i = 0;
        if (Vector512.IsHardwareAccelerated && Vector<float>.Count == Vector256<float>.Count)
        {
            Vector512<float> c = Vector512<float>.Zero, d = c, middle = Vector512.Create(mean);
            for (; i <= count - (2 * Vector512<float>.Count); i += 2 * Vector512<float>.Count)
            {
                Vector512<float> p = *(Vector512<float>*)(x + i) - middle, q = *(Vector512<float>*)(x + i + Vector512<float>.Count) - middle;
                c += p * p;
                d += q * q;
            }

            c += d;
            a = (c.GetLower() + c.GetUpper()).AsVector();
        }

        for (; i <= count - (2 * Vector<float>.Count); i += 2 * Vector<float>.Count)
        {
            Vector<float> p = *(Vector<float>*)(x + i) - m, q = *(Vector<float>*)(x + i + Vector<float>.Count) - m;
            a += p * p;
            b += q * q;
        }

        double sum = Vector.Sum(a + b);
        for (; i < count; i++)
        {
            sum += (x[i] - mean) * (x[i] - mean);
        }

        return sum;
    }

    private static void Affine(float* x, float* y, int count, float mean, float factor, float* scale, float* bias)
    {
        Vector<float> m = new(mean), f = new(factor);
        int i = 0;
        if (Vector512.IsHardwareAccelerated && scale != null && bias != null)
        {
            Vector512<float> middle = Vector512.Create(mean), slope = Vector512.Create(factor);
            for (; i <= count - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                *(Vector512<float>*)(y + i) = ((*(Vector512<float>*)(x + i) - middle) * slope * *(Vector512<float>*)(scale + i)) + *(Vector512<float>*)(bias + i);
            }
        }

        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> v = (*(Vector<float>*)(x + i) - m) * f;
            v = scale != null ? v * *(Vector<float>*)(scale + i) : v;
            *(Vector<float>*)(y + i) = bias != null ? v + *(Vector<float>*)(bias + i) : v;
        }

        for (; i < count; i++)
        {
            float v = (x[i] - mean) * factor;
            v = scale != null ? v * scale[i] : v;
            y[i] = bias != null ? v + bias[i] : v;
        }
    }

    private static void Line(float* x, float* y, int count, float mean, float slope, float bias)
    {
        Vector<float> m = new(mean), s = new(slope), b = new(bias);
        int i = 0;
        for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
        {
            *(Vector<float>*)(y + i) = ((*(Vector<float>*)(x + i) - m) * s) + b;
        }

        for (; i < count; i++)
        {
            y[i] = ((x[i] - mean) * slope) + bias;
        }
    }
}
