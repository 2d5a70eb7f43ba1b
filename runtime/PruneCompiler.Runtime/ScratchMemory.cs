using System;

namespace PruneCompiler.Runtime;

/// <summary>The memory of one instance for intermediate values: pinned, zeroed, 64-byte aligned.</summary>
internal sealed unsafe class ScratchMemory
{
    // Kept so that the collector does not free what Start points into.
    private readonly byte[] memory;

    /// <summary>Allocates once; nothing else ever does.</summary>
    /// <param name="bytes">Size in bytes.</param>
    public ScratchMemory(long bytes)
    {
        memory = GC.AllocateArray<byte>(checked((int)(bytes + 64)), pinned: true);
        fixed (byte* start = memory)
        {
            Start = (byte*)(((nuint)start + 63) & ~(nuint)63);
        }
    }

    /// <summary>First byte.</summary>
    public byte* Start { get; }
}
