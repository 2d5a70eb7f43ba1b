// needs: VectorMath, VectorElements
using System;
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>Softmax and its kin over [outer, count, inner]: groups of <c>count</c> values, <c>inner</c> apart.</summary>
/// <remarks>The largest value of a group is subtracted first, so that no exponential overflows. Vectors run along the group when its values are neighbours, else across groups.</remarks>
internal static unsafe class SoftmaxKernel
{
    /// <summary>y = e^x / sum of e^x.</summary>
    public static void Softmax(float* x, float* y, int outer, int count, int inner)
    {
        for (long o = 0; o < outer; o++)
        {
            float* from = x + (o * count * inner), to = y + (o * count * inner);
            if (inner == 1)
            {
                float sum = Exponentials(from, to, count, Largest(from, count));
                Scale(to, count, 1 / sum);
                continue;
            }

            int i = 0;
            for (; i <= inner - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> largest = Largest(from + i, count, inner), sum = Vector<float>.Zero;
                for (int k = 0; k < count; k++)
                {
                    Vector<float> e = VectorMath.Exp(At(from, k, inner, i) - largest);
                    At(to, k, inner, i) = e;
                    sum += e;
                }

                Vector<float> factor = Vector<float>.One / sum;
                for (int k = 0; k < count; k++)
                {
                    At(to, k, inner, i) *= factor;
                }
            }

            for (; i < inner; i++)
            {
                float largest = LargestOf(from + i, count, inner), sum = 0;
                for (int k = 0; k < count; k++)
                {
                    float e = VectorMath.Exp(from[((long)k * inner) + i] - largest);
                    to[((long)k * inner) + i] = e;
                    sum += e;
                }

                for (int k = 0; k < count; k++)
                {
                    to[((long)k * inner) + i] /= sum;
                }
            }
        }
    }

    /// <summary>y = x - log of the sum of e^x.</summary>
    public static void LogSoftmax(float* x, float* y, int outer, int count, int inner)
    {
        for (long o = 0; o < outer; o++)
        {
            float* from = x + (o * count * inner), to = y + (o * count * inner);
            int i = 0;
            if (inner == 1)
            {
                float largest = Largest(from, count);
                float sum = Exponentials(from, to, count, largest);
                Shift(from, to, count, largest, MathF.Log(sum));
                continue;
            }

            for (; i <= inner - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> largest = Largest(from + i, count, inner), sum = Vector<float>.Zero;
                for (int k = 0; k < count; k++)
                {
                    sum += VectorMath.Exp(At(from, k, inner, i) - largest);
                }

                Vector<float> log = VectorMath.Log(sum);
                for (int k = 0; k < count; k++)
                {
                    At(to, k, inner, i) = At(from, k, inner, i) - largest - log;
                }
            }

            for (; i < inner; i++)
            {
                float largest = LargestOf(from + i, count, inner), sum = 0;
                for (int k = 0; k < count; k++)
                {
                    sum += VectorMath.Exp(from[((long)k * inner) + i] - largest);
                }

                float log = MathF.Log(sum);
                for (int k = 0; k < count; k++)
                {
                    to[((long)k * inner) + i] = from[((long)k * inner) + i] - largest - log;
                }
            }
        }
    }

    /// <inheritdoc cref="Softmax(float*, float*, int, int, int)"/>
    public static void Softmax(double* x, double* y, int outer, int count, int inner) => Plain(x, y, outer, count, inner, logarithm: false);

    /// <inheritdoc cref="LogSoftmax(float*, float*, int, int, int)"/>
    public static void LogSoftmax(double* x, double* y, int outer, int count, int inner) => Plain(x, y, outer, count, inner, logarithm: true);

    /// <summary>1 at the first largest value, else 0.</summary>
    public static void Hardmax(float* x, float* y, int outer, int count, int inner) => Hard(x, y, outer, count, inner);

    /// <inheritdoc cref="Hardmax(float*, float*, int, int, int)"/>
    public static void Hardmax(double* x, double* y, int outer, int count, int inner) => Hard(x, y, outer, count, inner);

    private static void Hard<T>(T* x, T* y, int outer, int count, int inner)
        where T : unmanaged, INumber<T>
    {
        for (long o = 0; o < (long)outer * inner; o++)
        {
            long start = (o / inner * count * inner) + (o % inner);
            int best = 0;
            for (int k = 0; k < count; k++)
            {
                y[start + ((long)k * inner)] = T.Zero;
                best = x[start + ((long)k * inner)] > x[start + ((long)best * inner)] ? k : best;
            }

            y[start + ((long)best * inner)] = T.One;
        }
    }

    private static void Plain(double* x, double* y, int outer, int count, int inner, bool logarithm)
    {
        for (long o = 0; o < (long)outer * inner; o++)
        {
            long start = (o / inner * count * inner) + (o % inner);
            double largest = double.NegativeInfinity, sum = 0;
            for (int k = 0; k < count; k++)
            {
                largest = Math.Max(largest, x[start + ((long)k * inner)]);
            }

            for (int k = 0; k < count; k++)
            {
                sum += Math.Exp(x[start + ((long)k * inner)] - largest);
            }

            for (int k = 0; k < count; k++)
            {
                double shifted = x[start + ((long)k * inner)] - largest;
                y[start + ((long)k * inner)] = logarithm ? shifted - Math.Log(sum) : Math.Exp(shifted) / sum;
            }
        }
    }

    private static ref Vector<float> At(float* x, int k, int inner, int i) => ref *(Vector<float>*)(x + ((long)k * inner) + i);

    // A NaN may or may not be the largest: it makes the sum NaN, and with it the whole group, either way.
    private static float Largest(float* x, int count)
    {
        float largest = float.NegativeInfinity;
        int k = 0;
        if (count >= Vector<float>.Count)
        {
            var lanes = new Vector<float>(float.NegativeInfinity);
            for (; k <= count - Vector<float>.Count; k += Vector<float>.Count)
            {
                lanes = VectorElements.AtLeast(*(Vector<float>*)(x + k), lanes);
            }

            largest = VectorElements.Largest(lanes);
        }

        for (; k < count; k++)
        {
            largest = MathF.Max(largest, x[k]);
        }

        return largest;
    }

    private static Vector<float> Largest(float* x, int count, int stride)
    {
        var largest = new Vector<float>(float.NegativeInfinity);
        for (int k = 0; k < count; k++)
        {
            largest = VectorElements.AtLeast(*(Vector<float>*)(x + ((long)k * stride)), largest);
        }

        return largest;
    }

    private static float LargestOf(float* x, int count, int stride)
    {
        float largest = float.NegativeInfinity;
        for (int k = 0; k < count; k++)
        {
            largest = MathF.Max(largest, x[(long)k * stride]);
        }

        return largest;
    }

    private static float Exponentials(float* x, float* y, int count, float largest)
    {
        var sums = Vector<float>.Zero;
        var all = new Vector<float>(largest);
        int k = 0;
        for (; k <= count - Vector<float>.Count; k += Vector<float>.Count)
        {
            Vector<float> e = VectorMath.Exp(*(Vector<float>*)(x + k) - all);
            *(Vector<float>*)(y + k) = e;
            sums += e;
        }

        float sum = Vector.Sum(sums);
        for (; k < count; k++)
        {
            y[k] = VectorMath.Exp(x[k] - largest);
            sum += y[k];
        }

        return sum;
    }

    private static void Scale(float* y, int count, float factor)
    {
        int k = 0;
        for (; k <= count - Vector<float>.Count; k += Vector<float>.Count)
        {
            *(Vector<float>*)(y + k) *= factor;
        }

        for (; k < count; k++)
        {
            y[k] *= factor;
        }
    }

    private static void Shift(float* x, float* y, int count, float largest, float log)
    {
        int k = 0;
        for (; k <= count - Vector<float>.Count; k += Vector<float>.Count)
        {
            *(Vector<float>*)(y + k) = *(Vector<float>*)(x + k) - new Vector<float>(largest) - new Vector<float>(log);
        }

        for (; k < count; k++)
        {
            y[k] = x[k] - largest - log;
        }
    }
}
