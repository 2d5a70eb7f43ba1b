using System.Runtime.InteropServices;

namespace PruneCompiler.Tests.Runtime;

/// <summary>
/// Memory for a kernel: exactly as many elements as it may touch, between guard values that <see cref="Dispose"/> checks, at a place
/// without alignment.
/// </summary>
internal sealed unsafe class NativeCopy<T> : IDisposable
    where T : unmanaged
{
    private const byte GuardByte = 0xA5;
    private const int GuardBytes = 128;
    private readonly byte* block;
    private readonly int length;

    public NativeCopy(ReadOnlySpan<T> values, int extra = 0)
    {
        length = values.Length + extra;
        block = (byte*)NativeMemory.AlignedAlloc((nuint)((length * sizeof(T)) + (2 * GuardBytes) + 64), 64);
        new Span<byte>(block, (length * sizeof(T)) + (2 * GuardBytes)).Fill(GuardByte);
        Pointer = (T*)(block + GuardBytes + 4);
        Span.Clear();
        values.CopyTo(Span);
    }

    public T* Pointer { get; }

    public Span<T> Span => new(Pointer, length);

    public void Dispose()
    {
        var before = new Span<byte>(block, GuardBytes + 4);
        var after = new Span<byte>((byte*)(Pointer + length), GuardBytes - 4);
        var intact = before.IndexOfAnyExcept(GuardByte) < 0 && after.IndexOfAnyExcept(GuardByte) < 0;
        NativeMemory.AlignedFree(block);
        Assert.True(intact, "a kernel wrote outside its memory");
    }
}
