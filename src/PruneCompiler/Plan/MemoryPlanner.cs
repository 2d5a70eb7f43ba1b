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
    /// <param name="buffers">The buffers; those that no step touches are removed.</param>
    /// <param name="steps">The steps in their order.</param>
    /// <param name="shared">Buffers that lie where another one of the same size lies.</param>
    public static (long Shared, long Thread) Place(List<BufferPlan> buffers, IReadOnlyList<Step> steps, IReadOnlyDictionary<string, string> shared)
    {
        Dictionary<string, (int First, int Last)> lives = Lifetimes.Of(steps);
        buffers.RemoveAll(b => b.Kind == BufferKind.Scratch && !lives.ContainsKey(b.Name));
        return (Place(buffers, BufferKind.Scratch, lives, shared), Place(buffers, BufferKind.Window, lives, shared));
    }

    private static long Place(List<BufferPlan> buffers, BufferKind kind, Dictionary<string, (int First, int Last)> lives, IReadOnlyDictionary<string, string> shared)
    {
        var placed = new List<(long Offset, long Bytes, int First, int Last)>();
        long total = 0;
        var groups = Enumerable.Range(0, buffers.Count).Where(i => buffers[i].Kind == kind).GroupBy(i => Owner(buffers[i].Name, shared), StringComparer.Ordinal).Select(g => g.ToArray());
        foreach (int[] group in groups.OrderByDescending(g => Bytes(buffers[g[0]])).ThenBy(g => g[0]))
        {
            int first = group.Min(i => lives[buffers[i].Name].First), last = group.Max(i => lives[buffers[i].Name].Last);
            long bytes = group.Max(i => Bytes(buffers[i])), offset = 0;
            foreach (var other in placed.Where(p => p.First <= last && first <= p.Last).OrderBy(p => p.Offset))
            {
                if (offset + bytes <= other.Offset)
                {
                    break;
                }

                offset = Math.Max(offset, other.Offset + other.Bytes);
            }

            placed.Add((offset, bytes, first, last));
            foreach (int index in group)
            {
                buffers[index] = buffers[index] with { Offset = offset };
            }

            total = Math.Max(total, offset + bytes);
        }

        return total;
    }

    private static string Owner(string name, IReadOnlyDictionary<string, string> shared)
    {
        while (shared.TryGetValue(name, out string? other))
        {
            name = other;
        }

        return name;
    }

    // A buffer without elements still needs an address.
    private static long Bytes(BufferPlan buffer) => (Math.Max(1, buffer.Length * CSharpTypes.Size(buffer.Type)) + Alignment - 1) / Alignment * Alignment;
}
