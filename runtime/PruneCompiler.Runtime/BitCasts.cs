using System;

namespace PruneCompiler.Runtime;

/// <summary>Copies bits from one type to another.</summary>
internal static unsafe class BitCasts
{
    /// <summary>Copies a number of bytes.</summary>
    public static void Run(void* from, void* to, long bytes) => Buffer.MemoryCopy(from, to, bytes, bytes);
}
