using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>Where the largest or smallest value of a group is; groups lie in [outer, count, inner]. A NaN wins over every number.</summary>
internal static unsafe class ArgKernel
{
    /// <summary>y[outer, inner] = index on the axis; of equal values the first, or with <paramref name="last"/> the last.</summary>
    public static void Run<T>(T* x, long* y, int outer, int count, int inner, bool largest, bool last)
        where T : unmanaged, INumber<T>
    {
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
}
