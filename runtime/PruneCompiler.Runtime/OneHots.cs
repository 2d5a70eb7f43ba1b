// needs: Blocks
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>One-hot coding (ONNX OneHot).</summary>
internal static unsafe class OneHots
{
    /// <summary>output[o, d, i] = values[1] where d is indices[o, i], else values[0]. An index outside of [-depth, depth) gives no hot element.</summary>
    /// <param name="indices">[outer, inner], any number type.</param>
    /// <param name="values">The cold and the hot element, any element type.</param>
    /// <param name="output">[outer, depth, inner].</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="outer">Product of the axes before the new one.</param>
    /// <param name="depth">Size of the new axis.</param>
    /// <param name="inner">Product of the axes after it.</param>
    public static void Run<T>(T* indices, void* values, void* output, int size, long outer, long depth, long inner)
        where T : unmanaged, INumber<T>
    {
        byte* cold = (byte*)values, hot = cold + size, to = (byte*)output;
        for (long i = 0; i < outer * depth * inner; i++)
        {
            Blocks.Copy(cold, to + (i * size), size);
        }

        for (long o = 0; o < outer; o++)
        {
            for (long i = 0; i < inner; i++)
            {
                long d = long.CreateTruncating(indices[(o * inner) + i]);
                d = d < 0 ? d + depth : d;
                if ((ulong)d < (ulong)depth)
                {
                    Blocks.Copy(hot, to + ((((o * depth) + d) * inner) + i) * size, size);
                }
            }
        }
    }
}
