using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>Running sums and products along an axis of [outer, count, inner].</summary>
internal static unsafe class CumulativeKernel
{
    /// <summary>y[k] = x[0] + ... + x[k], or the product.</summary>
    /// <param name="x">Input.</param>
    /// <param name="y">Result.</param>
    /// <param name="outer">Product of the dimensions in front of the axis.</param>
    /// <param name="count">Size of the axis.</param>
    /// <param name="inner">Product of the dimensions behind it.</param>
    /// <param name="product">Multiplies instead of adding.</param>
    /// <param name="exclusive">Leaves x[k] itself out.</param>
    /// <param name="reverse">Runs from the end.</param>
    public static void Run<T>(T* x, T* y, int outer, int count, int inner, bool product, bool exclusive, bool reverse)
        where T : unmanaged, INumber<T>
    {
        for (long o = 0; o < (long)outer * inner; o++)
        {
            long start = (o / inner * count * inner) + (o % inner);
            T running = product ? T.One : T.Zero;
            for (int step = 0; step < count; step++)
            {
                long at = start + ((long)(reverse ? count - 1 - step : step) * inner);
                T value = x[at], before = running;
                running = unchecked(product ? running * value : running + value);
                y[at] = exclusive ? before : running;
            }
        }
    }
}
