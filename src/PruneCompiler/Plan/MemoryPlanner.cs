using PruneCompiler.Emit;

namespace PruneCompiler.Plan;

/// <summary>
/// Places scratch buffers in one block so that buffers that are alive at the same time do not overlap:
/// largest first, each at the lowest offset that is free (greedy by size, Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
/// </summary>
public static class MemoryPlanner
{
    private const long Alignment = 64;

    /// <summary>Sets the offsets of the scratch buffers and of the windows, and returns the bytes of the block, and of what each thread has of its own.</summary>
    public static (long Shared, long Thread) Place(List<BufferPlan> buffers, IReadOnlyList<Step> steps)
    {
        Dictionary<string, (int First, int Last)> lives = Lifetimes.Of(steps);
        buffers.RemoveAll(b => b.Kind == BufferKind.Scratch && !lives.ContainsKey(b.Name));
        return (Place(buffers, BufferKind.Scratch, lives), Place(buffers, BufferKind.Window, lives));
    }

    private static long Place(List<BufferPlan> buffers, BufferKind kind, Dictionary<string, (int First, int Last)> lives)
    {
        var placed = new List<(long Offset, long Bytes, int First, int Last)>();
        long total = 0;
        foreach (int index in Enumerable.Range(0, buffers.Count).Where(i => buffers[i].Kind == kind).OrderByDescending(i => Bytes(buffers[i])).ThenBy(i => i))
        {
            (int first, int last) = lives[buffers[index].Name];
            long bytes = Bytes(buffers[index]), offset = 0;
            foreach (var other in placed.Where(p => p.First <= last && first <= p.Last).OrderBy(p => p.Offset))
            {
                if (offset + bytes <= other.Offset)
                {
                    break;
                }

                offset = Math.Max(offset, other.Offset + other.Bytes);
            }

            placed.Add((offset, bytes, first, last));
            buffers[index] = buffers[index] with { Offset = offset };
            total = Math.Max(total, offset + bytes);
        }

        return total;
    }

    // A buffer without elements still needs an address.
    private static long Bytes(BufferPlan buffer) => (Math.Max(1, buffer.Length * CSharpTypes.Size(buffer.Type)) + Alignment - 1) / Alignment * Alignment;
}
