using System.Numerics;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>Where the largest or smallest value of a group is; groups lie in [outer, count, inner]. A NaN wins over every number.</summary>
internal static unsafe class ArgKernel
{
    /// <summary>y[outer, inner] = index on the axis; of equal values the first, or with <paramref name="last"/> the last.</summary>
    public static void Run<T>(T* x, long* y, int outer, int count, int inner, bool largest, bool last)
        where T : unmanaged, INumber<T>
    {
        if (typeof(T) == typeof(float) && Vector.IsHardwareAccelerated && inner >= Vector<float>.Count)
        {
            for (int o = 0; o < outer; o++)
            {
                // The last vector overlaps the one before it where the columns are no multiple.
                for (int column = 0; column < inner; column += Vector<float>.Count)
                {
                    int at = column <= inner - Vector<float>.Count ? column : inner - Vector<float>.Count;
                    Columns((float*)x + ((long)o * count * inner) + at, y + ((long)o * inner) + at, count, inner, largest, last);
                }
            }

            return;
        }

        for (long o = 0; o < (long)outer * inner; o++)
        {
            T* group = x + (o / inner * count * inner) + (o % inner);
            long best = 0;
            T value = group[0];
            for (long k = 1; k < count; k++)
            {
                T candidate = group[k * inner];
                bool better = T.IsNaN(value) ? last && T.IsNaN(candidate)
                    : T.IsNaN(candidate) || (last && candidate == value) || (largest ? candidate > value : candidate < value);
                if (better)
                {
                    best = k;
                    value = candidate;
                }
            }

            y[o] = best;
        }
    }

    // A vector of neighbouring columns: count rows of them, inner elements apart.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Columns(float* x, long* y, int count, int inner, bool largest, bool last)
    {
        Vector<float> value = *(Vector<float>*)x;
        Vector<int> best = Vector<int>.Zero;
        for (int k = 1; k < count; k++)
        {
            x += inner;
            Vector<float> candidate = *(Vector<float>*)x;
            Vector<int> number = Vector.Equals(candidate, candidate), wasNumber = Vector.Equals(value, value);
            Vector<int> better = largest ? Vector.GreaterThan(candidate, value) : Vector.LessThan(candidate, value);
            better |= Vector.AndNot(wasNumber, number);
            if (last)
            {
                better |= Vector.Equals(candidate, value) | ~(number | wasNumber);
            }

            value = Vector.ConditionalSelect(better, candidate, value);
            best = Vector.ConditionalSelect(better, new Vector<int>(k), best);
        }

        for (int i = 0; i < Vector<int>.Count; i++)
        {
            y[i] = best[i];
        }
    }
}
