using System;

namespace PruneCompiler.Runtime;

/// <summary>Copies blocks of bytes, quickly where they are single elements.</summary>
internal static unsafe class Blocks
{
    /// <summary>Copies <paramref name="bytes"/> bytes; the blocks do not overlap.</summary>
    public static void Copy(byte* from, byte* to, long bytes)
    {
        switch (bytes)
        {
            case 1:
                *to = *from;
                break;
            case 2:
                *(ushort*)to = *(ushort*)from;
                break;
            case 4:
                *(uint*)to = *(uint*)from;
                break;
            case 8:
                *(ulong*)to = *(ulong*)from;
                break;
            default:
                Buffer.MemoryCopy(from, to, bytes, bytes);
                break;
        }
    }

    /// <summary>Sets <paramref name="bytes"/> bytes to zero.</summary>
    public static void Clear(void* at, long bytes) => System.Runtime.CompilerServices.Unsafe.InitBlockUnaligned(at, 0, checked((uint)bytes));
}
