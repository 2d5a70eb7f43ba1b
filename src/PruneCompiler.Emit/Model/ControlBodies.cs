using System.Collections.Generic;
using System.Linq;

namespace PruneCompiler.Emit;

/// <summary>One of two lists of steps.</summary>
/// <param name="Condition">A bool.</param>
/// <param name="Then">Runs when it is true.</param>
/// <param name="Else">Runs when it is false.</param>
public sealed record IfBody(Place Condition, IReadOnlyList<Step> Then, IReadOnlyList<Step> Else) : StepBody;

/// <summary>A list of steps that runs repeatedly.</summary>
/// <param name="Trips">How often at most; null when that is in <paramref name="TripsPlace"/>, or unlimited.</param>
/// <param name="TripsPlace">An int64 with the trip count; null when it is known or unlimited.</param>
/// <param name="Condition">A bool that is tested before each iteration; null when there is none.</param>
/// <param name="Counter">An int64 that receives the number of the iteration, from 0.</param>
/// <param name="Steps">The body.</param>
public sealed record LoopBody(long? Trips, Place? TripsPlace, Place? Condition, Place Counter, IReadOnlyList<Step> Steps) : StepBody;

/// <summary>Steps over the rows of images, run band by band: a few rows of the last one, and of those before what later ones then need.</summary>
/// <param name="Rows">Rows of the last step in a band.</param>
/// <param name="Steps">All but the last are read by later ones. Their ranges are rows.</param>
/// <param name="Reads">What steps read of earlier ones, those of later readers first.</param>
/// <param name="Windows">The buffers of which only some rows are kept, in the order of the steps that write them.</param>
public sealed record BandsBody(int Rows, IReadOnlyList<Step> Steps, IReadOnlyList<BandRead> Reads, IReadOnlyList<BandWindow> Windows) : StepBody;

/// <summary>What one of the steps in bands reads of an earlier one.</summary>
/// <param name="Reader">Index of the step that reads.</param>
/// <param name="Source">Index of the step that it reads from.</param>
/// <param name="Reach">Which rows.</param>
public sealed record BandRead(int Reader, int Source, RowReach Reach);

/// <summary>A buffer that nothing but the steps in bands touches: it has room for the rows that are still needed, and each thread has one of its own. Sizes in elements.</summary>
/// <param name="Source">Index of the step that writes it.</param>
/// <param name="Buffer">Its name; its kind is <see cref="BufferKind.Window"/>.</param>
/// <param name="Lead">In front of the first row that is kept.</param>
/// <param name="Tail">Behind the last one.</param>
/// <param name="RowLength">From one row, of all channels, to the next.</param>
/// <param name="Capacity">Rows that are kept at most.</param>
/// <param name="Top">Rows of zeros above the image.</param>
/// <param name="Rows">Rows of the image.</param>
/// <param name="Bottom">Rows of zeros below it.</param>
public sealed record BandWindow(int Source, string Buffer, int Lead, int Tail, long RowLength, int Capacity, int Top, int Rows, int Bottom);

/// <summary>Which rows a step reads for its row y: from y * Stride - Above to y * Stride + Below.</summary>
/// <param name="Stride">Rows between those of neighbouring rows.</param>
/// <param name="Above">Rows above, at least 0.</param>
/// <param name="Below">Rows below, at least 0.</param>
public sealed record RowReach(int Stride, int Above, int Below);

/// <summary>Steps within steps.</summary>
public static class StepTree
{
    /// <summary>The lists of steps that a step runs; empty for a step that is a method.</summary>
    public static IEnumerable<IReadOnlyList<Step>> Nested(this StepBody body) => body switch
    {
        IfBody choice => [choice.Then, choice.Else],
        LoopBody loop => [loop.Steps],
        BandsBody bands => [bands.Steps],
        _ => [],
    };

    /// <summary>True when there are steps that threads share.</summary>
    public static bool HasTeam(this ModelPlan plan) => plan.Steps.Any(s => s.Shared);

    /// <summary>All steps that are methods, in order, those within branches and loops included.</summary>
    public static IEnumerable<Step> Methods(this IEnumerable<Step> steps) =>
        steps.SelectMany(s => s.Body is IfBody or LoopBody or BandsBody ? s.Body.Nested().SelectMany(Methods) : [s]);
}
