// needs: Lanes, Simd, VectorMath, VectorElements
using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>Softmax and its kin over [outer, count, inner]: groups of <c>count</c> values, <c>inner</c> apart.</summary>
/// <remarks>The largest value of a group is subtracted first, so that no exponential overflows. Vectors run along the group when its values are neighbours, else across groups.</remarks>
internal static unsafe class SoftmaxKernel
{
    /// <summary>y = e^x / sum of e^x.</summary>
    public static void Softmax(float* x, float* y, int outer, int count, int inner)
    {
        long done = 0;
        if (Lanes512.IsNative && inner == 1 && count >= Lanes512.Count)
        {
            for (; done <= outer - 4; done += 4)
            {
                Four(x + (done * count), y + (done * count), count);
            }
        }

        for (long o = done; o < outer; o++)
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

    // Four groups of neighbours side by side, so that none waits for its own exponentials and sums. In bounds: whole vectors while the group has them, then single values.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Four(float* x, float* y, int count)
    {
        float* x1 = x + count, x2 = x1 + count, x3 = x2 + count;
        float* y1 = y + count, y2 = y1 + count, y3 = y2 + count;
        int whole = count / 16 * 16;
        Vector512<float> a = *(Vector512<float>*)x, b = *(Vector512<float>*)x1, c = *(Vector512<float>*)x2, d = *(Vector512<float>*)x3;
        for (int k = 16; k < whole; k += 16)
        {
            a = Simd.Max(*(Vector512<float>*)(x + k), a);
            b = Simd.Max(*(Vector512<float>*)(x1 + k), b);
            c = Simd.Max(*(Vector512<float>*)(x2 + k), c);
            d = Simd.Max(*(Vector512<float>*)(x3 + k), d);
        }

        float la = Largest(a), lb = Largest(b), lc = Largest(c), ld = Largest(d);
        for (int k = whole; k < count; k++)
        {
            la = MathF.Max(la, x[k]);
            lb = MathF.Max(lb, x1[k]);
            lc = MathF.Max(lc, x2[k]);
            ld = MathF.Max(ld, x3[k]);
        }

        Vector512<float> low = Vector512.Create(-104f), va = Vector512.Create(la), vb = Vector512.Create(lb), vc = Vector512.Create(lc), vd = Vector512.Create(ld);
        Vector512<float> sa = default, sb = default, sc = default, sd = default;
        for (int k = 0; k < whole; k += 16)
        {
            a = Simd.Max(low, *(Vector512<float>*)(x + k) - va);
            b = Simd.Max(low, *(Vector512<float>*)(x1 + k) - vb);
            c = Simd.Max(low, *(Vector512<float>*)(x2 + k) - vc);
            d = Simd.Max(low, *(Vector512<float>*)(x3 + k) - vd);
            VectorMath.Exps<Vector512<float>, Lanes512>(ref a, ref b, ref c, ref d);
            *(Vector512<float>*)(y + k) = a;
            *(Vector512<float>*)(y1 + k) = b;
            *(Vector512<float>*)(y2 + k) = c;
            *(Vector512<float>*)(y3 + k) = d;
            sa += a;
            sb += b;
            sc += c;
            sd += d;
        }

        End(x, y, whole, count, la, Vector512.Sum(sa));
        End(x1, y1, whole, count, lb, Vector512.Sum(sb));
        End(x2, y2, whole, count, lc, Vector512.Sum(sc));
        End(x3, y3, whole, count, ld, Vector512.Sum(sd));
    }

    // The values behind whole vectors, then all times 1 / sum.
    private static void End(float* x, float* y, int whole, int count, float largest, float sum)
    {
        for (int k = whole; k < count; k++)
        {
            y[k] = VectorMath.Exp(x[k] - largest);
            sum += y[k];
        }

        float factor = 1 / sum;
        for (int k = 0; k < whole; k += 16)
        {
            *(Vector512<float>*)(y + k) *= factor;
        }

        for (int k = whole; k < count; k++)
        {
            y[k] *= factor;
        }
    }

    private static float Largest(Vector512<float> lanes)
    {
        Vector256<float> eight = Simd.Max(lanes.GetLower(), lanes.GetUpper());
        Vector128<float> four = Simd.Max(eight.GetLower(), eight.GetUpper());
        four = Simd.Max(four, Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1)));
        return Simd.Max(four, Vector128.Shuffle(four, Vector128.Create(1, 0, 3, 2))).ToScalar();
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
