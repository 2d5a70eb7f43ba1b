using System.Runtime.InteropServices;

namespace PruneCompiler.Benchmarks;

/// <summary>Copies of arrays at 64-byte boundaries, kept for the life of the process.</summary>
internal static unsafe class Pinned
{
    public static T* Copy<T>(ReadOnlySpan<T> values, int extra = 0)
        where T : unmanaged
    {
        var bytes = (nuint)((values.Length + extra) * sizeof(T)) + 64;
        var p = (T*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(p, bytes);
        values.CopyTo(new Span<T>(p, values.Length));
        return p;
    }

    public static T* Zeros<T>(int count)
        where T : unmanaged => Copy<T>([], count);
}
