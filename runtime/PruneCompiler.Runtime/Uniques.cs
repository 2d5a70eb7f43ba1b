// needs: Blocks
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>Distinct slices of a value (ONNX Unique). Nothing is allocated.</summary>
internal static unsafe class Uniques
{
    /// <summary>Groups equal slices along an axis.</summary>
    /// <param name="input">[outer, length, inner].</param>
    /// <param name="output">[outer, length, inner]: the distinct slices; those behind the last are zero.</param>
    /// <param name="first">[length]: where each was first seen.</param>
    /// <param name="inverse">[length]: to which of them each slice belongs.</param>
    /// <param name="counts">[length]: how often each was seen.</param>
    /// <param name="found">Receives the number of distinct slices.</param>
    /// <param name="work">2 * length int64.</param>
    /// <param name="outer">Product of the axes before.</param>
    /// <param name="length">Slices.</param>
    /// <param name="inner">Product of the axes after.</param>
    /// <param name="sorted">True for ascending order, false for the order of first sight.</param>
    public static void Run<T>(T* input, T* output, long* first, long* inverse, long* counts, long* found, long* work, long outer, int length, long inner, bool sorted)
        where T : unmanaged, INumber<T>
    {
        long* order = work, place = work + length;
        for (int i = 0; i < length; i++)
        {
            order[i] = i;
            first[i] = counts[i] = 0;
        }

        for (int i = (length / 2) - 1; i >= 0; i--)
        {
            Sink(input, order, i, length, outer, length, inner);
        }

        for (int end = length - 1; end > 0; end--)
        {
            (order[0], order[end]) = (order[end], order[0]);
            Sink(input, order, 0, end, outer, length, inner);
        }

        // Equal slices are neighbours now, the earliest first.
        long groups = 0;
        for (int i = 0; i < length; i++)
        {
            if (i == 0 || Compare(input, order[i - 1], order[i], outer, length, inner) != 0)
            {
                first[groups++] = order[i];
            }

            inverse[order[i]] = groups - 1;
        }

        // Where each group goes: its own number, or, unsorted, its turn among the first sights.
        long turn = 0;
        for (int i = 0; i < length; i++)
        {
            long group = inverse[i];
            if (first[group] == i)
            {
                place[group] = sorted ? group : turn++;
            }
        }

        for (int i = 0; i < length; i++)
        {
            long group = inverse[i], to = place[group];
            order[to] = first[group];
            inverse[i] = to;
            counts[to]++;
        }

        for (int g = 0; g < length; g++)
        {
            first[g] = g < groups ? order[g] : 0;
        }

        *found = groups;
        long block = inner * sizeof(T);
        for (long o = 0; o < outer; o++)
        {
            for (int g = 0; g < length; g++)
            {
                byte* to = (byte*)(output + (((o * length) + g) * inner));
                if (g < groups)
                {
                    Blocks.Copy((byte*)(input + (((o * length) + first[g]) * inner)), to, block);
                }
                else
                {
                    Blocks.Clear(to, block);
                }
            }
        }
    }

    private static void Sink<T>(T* input, long* order, int at, int count, long outer, int length, long inner)
        where T : unmanaged, INumber<T>
    {
        for (int child = (2 * at) + 1; child < count; child = (2 * at) + 1)
        {
            child += child + 1 < count && Before(input, order[child], order[child + 1], outer, length, inner) ? 1 : 0;
            if (!Before(input, order[at], order[child], outer, length, inner))
            {
                return;
            }

            (order[at], order[child]) = (order[child], order[at]);
            at = child;
        }
    }

    private static bool Before<T>(T* input, long a, long b, long outer, int length, long inner)
        where T : unmanaged, INumber<T>
    {
        int difference = Compare(input, a, b, outer, length, inner);
        return difference < 0 || (difference == 0 && a < b);
    }

    private static int Compare<T>(T* input, long a, long b, long outer, int length, long inner)
        where T : unmanaged, INumber<T>
    {
        for (long o = 0; o < outer; o++)
        {
            T* x = input + (((o * length) + a) * inner), y = input + (((o * length) + b) * inner);
            for (long i = 0; i < inner; i++)
            {
                if (x[i] != y[i])
                {
                    return x[i] < y[i] ? -1 : 1;
                }
            }
        }

        return 0;
    }
}
