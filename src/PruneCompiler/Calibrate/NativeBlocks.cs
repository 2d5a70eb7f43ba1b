using System.Runtime.InteropServices;

namespace PruneCompiler.Calibrate;

/// <summary>Memory at 64-byte boundaries that lives as long as a calibration.</summary>
internal sealed unsafe class NativeBlocks : IDisposable
{
    private readonly List<nint> blocks = [];

    /// <summary>A copy, with zeros behind it.</summary>
    public T* Copy<T>(ReadOnlySpan<T> values, int extra = 0)
        where T : unmanaged
    {
        nuint bytes = (nuint)(((long)values.Length + extra) * sizeof(T)) + 64;
        T* p = (T*)NativeMemory.AlignedAlloc(bytes, 64);
        blocks.Add((nint)p);
        NativeMemory.Clear(p, bytes);
        values.CopyTo(new Span<T>(p, values.Length));
        return p;
    }

    /// <summary>Floats between -1 and 1.</summary>
    public float* Random(int count, int seed)
    {
        var random = new Random(seed);
        float* p = Copy<float>([], count);
        for (int i = 0; i < count; i++)
        {
            p[i] = (random.NextSingle() * 2) - 1;
        }

        return p;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        blocks.ForEach(b => NativeMemory.AlignedFree((void*)b));
        blocks.Clear();
    }
}
