using PruneCompiler.Emit;

namespace PruneCompiler.Plan.Schedule;

/// <summary>Which bytes steps touch. Buffers that live at different times share bytes, so names alone do not tell.</summary>
internal sealed class StepMemory(IReadOnlyList<BufferPlan> buffers)
{
    private readonly Dictionary<string, BufferPlan> byName = buffers.ToDictionary(b => b.Name, StringComparer.Ordinal);

    /// <summary>True when both steps touch the same bytes of scratch memory, or the same output.</summary>
    public bool Meet(Step a, Step b)
    {
        List<BufferPlan> first = Touched(a), second = Touched(b);
        return first.Any(x => second.Any(y => Overlap(x, y)));
    }

    private List<BufferPlan> Touched(Step step) =>
        [.. step.Body.Places().OfType<BufferPlace>().Select(p => p.Buffer).Distinct(StringComparer.Ordinal).Select(name => byName[name])];

    private static bool Overlap(BufferPlan a, BufferPlan b)
    {
        if (a.Kind == BufferKind.Window || b.Kind == BufferKind.Window)
        {
            return false; // each thread has its own
        }

        if (a.Kind != BufferKind.Scratch || b.Kind != BufferKind.Scratch)
        {
            return a.Name == b.Name && a.Kind != BufferKind.Input; // nobody writes inputs
        }

        return a.Offset < b.Offset + Bytes(b) && b.Offset < a.Offset + Bytes(a);
    }

    private static long Bytes(BufferPlan buffer) => buffer.Length * CSharpTypes.Size(buffer.Type);
}
