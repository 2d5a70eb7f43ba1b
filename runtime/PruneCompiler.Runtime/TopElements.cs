using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>The k largest or smallest elements along an axis (ONNX TopK). Works within the output: nothing is allocated.</summary>
internal static unsafe class TopElements
{
    /// <summary>Fills values and indices, best first; among equals the lower index is better.</summary>
    /// <param name="input">[outer, length, inner].</param>
    /// <param name="values">[outer, k, inner].</param>
    /// <param name="indices">[outer, k, inner]: where along the axis each value was.</param>
    /// <param name="outer">Product of the axes before.</param>
    /// <param name="length">Elements of the axis; at least k.</param>
    /// <param name="inner">Product of the axes after.</param>
    /// <param name="k">How many.</param>
    /// <param name="largest">True for the largest.</param>
    public static void Run<T>(T* input, T* values, long* indices, long outer, int length, long inner, int k, bool largest)
        where T : unmanaged, INumber<T>
    {
        if (k == 0)
        {
            return;
        }

        for (long o = 0; o < outer; o++)
        {
            for (long i = 0; i < inner; i++)
            {
                var lane = new Lane<T>(input + (o * length * inner) + i, indices + (o * k * inner) + i, inner, largest);
                lane.Select(length, k);
                for (int j = 0; j < k; j++)
                {
                    values[(((o * k) + j) * inner) + i] = lane.Value(j);
                }
            }
        }
    }

    // One lane's indices as a heap whose root is the worst element that is kept (binary heap as in Williams' heapsort, 1964).
    private readonly struct Lane<T>(T* input, long* heap, long stride, bool largest)
        where T : unmanaged, INumber<T>
    {
        public T Value(int slot) => input[heap[slot * stride] * stride];

        public void Select(int length, int k)
        {
            for (int j = 0; j < k; j++)
            {
                heap[j * stride] = j;
            }

            for (int j = (k / 2) - 1; j >= 0; j--)
            {
                Sink(j, k);
            }

            for (int j = k; j < length; j++)
            {
                if (Better(j, heap[0]))
                {
                    heap[0] = j;
                    Sink(0, k);
                }
            }

            for (int end = k - 1; end > 0; end--)
            {
                (heap[0], heap[end * stride]) = (heap[end * stride], heap[0]);
                Sink(0, end);
            }
        }

        private void Sink(int slot, int count)
        {
            while ((2 * slot) + 1 < count)
            {
                int child = (2 * slot) + 1;
                if (child + 1 < count && Better(heap[child * stride], heap[(child + 1) * stride]))
                {
                    child++;
                }

                if (!Better(heap[slot * stride], heap[child * stride]))
                {
                    return;
                }

                (heap[slot * stride], heap[child * stride]) = (heap[child * stride], heap[slot * stride]);
                slot = child;
            }
        }

        private bool Better(long a, long b)
        {
            T x = input[a * stride], y = input[b * stride];
            return x == y ? a < b : largest ? x > y : x < y;
        }
    }
}
