using System;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;

namespace PruneCompiler.Runtime;

/// <summary>A model's weights: an embedded resource of the app's own assembly, read in place.</summary>
internal sealed unsafe class WeightStore
{
    private WeightStore(byte* vectors, byte* stream)
    {
        Vectors = vectors;
        Stream = stream;
    }

    /// <summary>The part that is loaded as vectors; 64-byte aligned.</summary>
    public byte* Vectors { get; }

    /// <summary>The part that is streamed or broadcast; as the image happens to be aligned.</summary>
    public byte* Stream { get; }

    /// <summary>Finds the resource in the mapped image.</summary>
    /// <param name="assembly">Assembly that embeds it.</param>
    /// <param name="name">Logical name of the resource.</param>
    /// <param name="bytes">Its exact size.</param>
    /// <param name="vectorBytes">Size of the first part.</param>
    /// <exception cref="InvalidOperationException">The resource is missing or not the one that the code was generated for.</exception>
    public static WeightStore Open(Assembly assembly, string name, long bytes, long vectorBytes)
    {
        if (assembly.GetManifestResourceStream(name) is not UnmanagedMemoryStream stream)
        {
            throw new InvalidOperationException($"The assembly has no embedded weights named '{name}'; rebuild the project.");
        }

        if (stream.Length != bytes)
        {
            throw new InvalidOperationException($"The embedded weights '{name}' have {stream.Length} bytes where the generated code expects {bytes}; rebuild the project.");
        }

        byte* start = stream.PositionPointer;
        byte* vectors = start;
        if (vectorBytes > 0 && ((nuint)start & 63) != 0)
        {
            // The image gives no alignment: one copy for the life of the process is cheaper than split cache lines in every run.
            vectors = (byte*)NativeMemory.AlignedAlloc((nuint)vectorBytes, 64);
            Buffer.MemoryCopy(start, vectors, vectorBytes, vectorBytes);
        }

        return new WeightStore(vectors, start + vectorBytes);
    }
}
