// needs: Blocks
using System;

namespace PruneCompiler.Runtime;

/// <summary>Writes new entries into a cache (ONNX TensorScatter).</summary>
internal static unsafe class CacheUpdate
{
    /// <summary>The output is the cache with count consecutive entries replaced, from a place of their own in each batch element.</summary>
    /// <param name="cache">[batch, middle, length, block], any element type.</param>
    /// <param name="update">[batch, middle, count, block].</param>
    /// <param name="places">[batch] int64: the first entry to replace; null for 0.</param>
    /// <param name="output">Like the cache.</param>
    /// <param name="batch">Batch elements.</param>
    /// <param name="middle">Product of the axes between batch and entries.</param>
    /// <param name="length">Entries of the cache.</param>
    /// <param name="count">Entries to replace.</param>
    /// <param name="blockBytes">Bytes of an entry.</param>
    /// <param name="circular">True to go on at the start behind the end.</param>
    /// <exception cref="ArgumentException">An entry would lie outside of the cache.</exception>
    public static void Run(void* cache, void* update, long* places, void* output, int batch, long middle, int length, int count, long blockBytes, bool circular)
    {
        long bytes = batch * middle * length * blockBytes;
        Buffer.MemoryCopy(cache, output, bytes, bytes);
        byte* from = (byte*)update, to = (byte*)output;
        for (int b = 0; b < batch; b++)
        {
            long first = places == null ? 0 : places[b];
            if (first < 0 || first > (circular ? length - 1 : length - count))
            {
                throw new ArgumentException($"Entry {first} of batch element {b} is no place for {count} entries in a cache of {length}.");
            }

            for (long m = 0; m < middle; m++, to += length * blockBytes)
            {
                for (int i = 0; i < count; i++, from += blockBytes)
                {
                    Blocks.Copy(from, to + ((first + i) % length * blockBytes), blockBytes);
                }
            }
        }
    }
}
