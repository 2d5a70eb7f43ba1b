using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan;

/// <summary>Copies of slices of an axis: a strided copy for each evenly spaced run of them, or one gathering step where they are scattered.</summary>
internal static class SliceLowering
{
    // A step for each run costs its own loop; more than these are one call with a table.
    private const int MostRuns = 2;

    /// <summary>Slice fromSlices[i] of one storage becomes slice toSlices[i] of another.</summary>
    /// <param name="lowering">Collects the steps.</param>
    /// <param name="node">Gives the steps their name.</param>
    /// <param name="what">What is done with the slices, for people.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="from">Source; a stride of 0 repeats.</param>
    /// <param name="fromSlices">Its slices, ascending.</param>
    /// <param name="to">Target; on all other axes of the source's size.</param>
    /// <param name="toSlices">Its slices, ascending.</param>
    public static void CopySlices(this Lowering lowering, Node node, string what, int axis, Storage from, int[] fromSlices, Storage to, int[] toSlices)
    {
        // Runs in step on both sides: those of the one that has more of them, if they fit the other.
        IReadOnlyList<(Run From, Run To)> runs = Runs(fromSlices, toSlices);
        if (runs.Count <= MostRuns || to.Shape.Rank > 5 || !Fits(from, axis) || !Fits(to, axis))
        {
            foreach ((Run source, Run target) in runs)
            {
                lowering.Copy(node, $"{node.Name}: {what} {(toSlices.Length == to.Shape[axis] ? source : target)} of axis {axis}.", source.In(from, axis), target.In(to, axis));
            }

            return;
        }

        int rank = to.Shape.Rank;
        var axes = Enumerable.Range(0, rank).Where(a => a != axis && to.Shape[a] != 1).ToList();
        bool rows = axes.Count > 0 && to.Strides[axes[^1]] == 1 && from.Strides[axes[^1]] is 0 or 1;
        int inner = rows ? axes[^1] : -1;
        axes.Remove(inner);
        int[] outer = [.. Enumerable.Repeat(-1, 3 - Math.Min(3, axes.Count)), .. axes.Take(3)];
        if (axes.Count > 3)
        {
            inner = axes[3]; // four axes, the last of which is not contiguous
        }

        int[] all = [.. outer, inner];
        lowering.Call(
            node,
            $"{node.Name}: {what} {List(toSlices.Length == to.Shape[axis] ? fromSlices : toSlices)} of axis {axis}.",
            "SliceCopy.Run",
            Arg.Pointer("from", from),
            Arg.Pointer("to", to),
            Arg.Pointer("fromSlices", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, Array.ConvertAll(fromSlices, s => checked((int)(s * from.Strides[axis]))))),
            Arg.Pointer("toSlices", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, Array.ConvertAll(toSlices, s => checked((int)(s * to.Strides[axis]))))),
            Arg.Int("slices", toSlices.Length),
            Arg.Ints("size", all.Select(a => a < 0 ? 1 : to.Shape[a])),
            Arg.Ints("fromSteps", all.Select(a => a < 0 ? 0 : from.Strides[a])),
            Arg.Ints("toSteps", all.Select(a => a < 0 ? 0 : to.Strides[a])));
    }

    // Tables and steps are 32-bit.
    private static bool Fits(Storage storage, int axis) => storage.Shape[axis] * storage.Strides[axis] <= int.MaxValue && storage.Strides.All(s => s <= int.MaxValue);

    private static List<(Run From, Run To)> Runs(int[] from, int[] to)
    {
        var result = new List<(Run, Run)>();
        for (int at = 0; at < from.Length;)
        {
            // The longest stretch that is evenly spaced on both sides.
            int fromStep = at + 1 < from.Length ? from[at + 1] - from[at] : 1, toStep = at + 1 < to.Length ? to[at + 1] - to[at] : 1, count = 1;
            while (at + count < from.Length && from[at + count] - from[at + count - 1] == fromStep && to[at + count] - to[at + count - 1] == toStep)
            {
                count++;
            }

            if (count == 2 && (fromStep > 1 || toStep > 1) && at + 2 < from.Length)
            {
                (count, fromStep, toStep) = (1, 1, 1); // two far apart: the second may begin a longer run
            }

            result.Add((new Run(from[at], fromStep, count), new Run(to[at], toStep, count)));
            at += count;
        }

        return result;
    }

    private static string List(int[] slices) => string.Join(", ", slices.Take(6)) + (slices.Length > 6 ? $" and {slices.Length - 6} more" : "");
}
