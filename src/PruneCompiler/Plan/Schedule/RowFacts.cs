using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan.Schedule;

/// <summary>What is known of steps over rows and of the memory that they touch.</summary>
internal sealed class RowFacts
{
    // A quarter of the usual second-level cache: smaller activations are handed on inside of it anyway.
    private const long StaysInCache = 512 * 1024;

    private readonly Dictionary<string, BufferPlan> buffers;
    private readonly Dictionary<string, string[]> touched;
    private readonly Dictionary<string, List<Step>> users = new(StringComparer.Ordinal);

    /// <param name="steps">All steps of the plan.</param>
    /// <param name="rows">What is known of those over rows, by their names.</param>
    /// <param name="buffers">The buffers.</param>
    public RowFacts(IReadOnlyList<Step> steps, IReadOnlyDictionary<string, RowStep> rows, IReadOnlyList<BufferPlan> buffers)
    {
        Rows = rows;
        this.buffers = buffers.ToDictionary(b => b.Name, StringComparer.Ordinal);
        touched = steps.ToDictionary(s => s.Name, s => s.Body.Places().OfType<BufferPlace>().Select(p => p.Buffer).Distinct(StringComparer.Ordinal).ToArray(), StringComparer.Ordinal);
        foreach (Step step in steps)
        {
            foreach (string buffer in Touched(step))
            {
                if (!users.TryGetValue(buffer, out List<Step>? list))
                {
                    users[buffer] = list = [];
                }

                list.Add(step);
            }
        }
    }

    /// <summary>The steps over rows, by their names.</summary>
    public IReadOnlyDictionary<string, RowStep> Rows { get; }

    /// <summary>True for a step that can be divided by rows.</summary>
    public bool IsOverRows(Step step) => step.Range is { Unit: StepRange.Row, Count: > 1 } && Rows.ContainsKey(step.Name);

    /// <summary>True for a step that only clears what lies around an activation.</summary>
    public static bool ClearsBorder(Step step) => step.Body is CallBody { Method: "PanelBorders.Clear" or "PanelBorders.ClearGaps" };

    /// <summary>The buffers that a step touches.</summary>
    public string[] Touched(Step step) => touched[step.Name];

    /// <summary>Bytes of the buffer that an activation lies in; 0 for weights.</summary>
    public long Bytes(Storage storage) => storage.Place is BufferPlace place ? buffers[place.Buffer].Length * CSharpTypes.Size(buffers[place.Buffer].Type) : 0;

    /// <summary>The bytes of an activation that does not stay in the second-level cache from one step to the next; 0 for smaller ones.</summary>
    public long Beyond(Storage storage) => Bytes(storage) is var bytes && bytes > StaysInCache ? bytes : 0;

    /// <summary>True where an activation is the whole of its buffer, in row panels, and nothing but the given steps touches it (and what clears its border, for them).</summary>
    public bool IsOnlyFor(Storage storage, IReadOnlyList<Step> steps) =>
        storage is { Type: ElementType.Float32, Panel: { Flat: false, Images: 1, Depth: 1, Border: { Front: 0, Back: 0 } } layout, Place: BufferPlace place }
        && place.Offset == layout.Origin
        && buffers[place.Buffer].Kind == BufferKind.Scratch
        && buffers[place.Buffer].Length == layout.Length
        && users[place.Buffer].All(u => steps.Contains(u) || u.Body is CallBody { Method: "PanelBorders.Clear" });
}
