// needs: Blocks, Indices
namespace PruneCompiler.Runtime;

/// <summary>Puts pooled elements back where they came from (ONNX MaxUnpool).</summary>
internal static unsafe class Unpooling
{
    /// <summary>output[indices[i]] = input[i], zero elsewhere.</summary>
    /// <param name="input">count elements of any type.</param>
    /// <param name="indices">Places in the whole output, int64.</param>
    /// <param name="output">length elements.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="count">Elements of the input.</param>
    /// <param name="length">Elements of the output.</param>
    /// <exception cref="System.ArgumentException">An index is outside of the output.</exception>
    public static void Run(void* input, long* indices, void* output, int size, long count, long length)
    {
        Blocks.Clear(output, length * size);
        for (long i = 0; i < count; i++)
        {
            Blocks.Copy((byte*)input + (i * size), (byte*)output + (Indices.Read(indices, sizeof(long), i, length, 0) * size), size);
        }
    }
}
