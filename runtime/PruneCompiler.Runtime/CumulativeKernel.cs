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
        if (inner > 1)
        {
            Rows(x, y, outer, count, inner, product, exclusive, reverse);
            return;
        }

        for (long o = 0; o < outer; o++)
        {
            T running = product ? T.One : T.Zero;
            for (int step = 0; step < count; step++)
            {
                long at = (o * count) + (reverse ? count - 1 - step : step);
                T value = x[at], before = running;
                running = unchecked(product ? running * value : running + value);
                y[at] = exclusive ? before : running;
            }
        }
    }

    // Whole rows of what lies behind the axis: each is the one before it, plus or times a row of the input.
    private static void Rows<T>(T* x, T* y, int outer, int count, int inner, bool product, bool exclusive, bool reverse)
        where T : unmanaged, INumber<T>
    {
        long direction = reverse ? -inner : inner;
        for (int o = 0; o < outer; o++)
        {
            long at = ((long)o * count * inner) + (reverse ? (long)(count - 1) * inner : 0);
            for (int step = 0; step < count; step++, at += direction)
            {
                T* to = y + at, value = x + (exclusive ? at - direction : at), before = to - direction;
                if (step == 0)
                {
                    Begin(x + at, to, inner, product, exclusive);
                    continue;
                }

                int i = 0;
                for (; Vector.IsHardwareAccelerated && i <= inner - Vector<T>.Count; i += Vector<T>.Count)
                {
                    Vector<T> a = *(Vector<T>*)(before + i), b = *(Vector<T>*)(value + i);
                    *(Vector<T>*)(to + i) = product ? a * b : a + b;
                }

                for (; i < inner; i++)
                {
                    to[i] = unchecked(product ? before[i] * value[i] : before[i] + value[i]);
                }
            }
        }
    }

    private static void Begin<T>(T* x, T* y, int inner, bool product, bool exclusive)
        where T : unmanaged, INumber<T>
    {
        for (int i = 0; i < inner; i++)
        {
            y[i] = !exclusive ? x[i] : product ? T.One : T.Zero;
        }
    }
}
