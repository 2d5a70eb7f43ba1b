using System;

namespace PruneCompiler.Runtime;

/// <summary>What loops collect, a row per iteration.</summary>
internal static unsafe class LoopRows
{
    /// <summary>Copies <paramref name="bytes"/> bytes to row <paramref name="iteration"/> of <paramref name="rows"/>.</summary>
    public static void Append(void* row, void* rows, long* iteration, long bytes) =>
        Buffer.MemoryCopy(row, (byte*)rows + (*iteration * bytes), bytes, bytes);
}
