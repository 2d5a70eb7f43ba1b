using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Evenly spaced slices of an axis.</summary>
/// <param name="First">The first.</param>
/// <param name="Step">From one to the next.</param>
/// <param name="Count">How many.</param>
internal sealed record Run(int First, int Step, int Count)
{
    /// <summary>Splits ascending indices into as few runs as a greedy search finds.</summary>
    public static IReadOnlyList<Run> Of(ReadOnlySpan<int> slices)
    {
        var runs = new List<Run>();
        for (int at = 0; at < slices.Length;)
        {
            int step = at + 1 < slices.Length ? slices[at + 1] - slices[at] : 1, count = 1;
            while (at + count < slices.Length && slices[at + count] - slices[at + count - 1] == step)
            {
                count++;
            }

            if (count == 2 && step > 1 && at + 2 < slices.Length)
            {
                (count, step) = (1, 1); // two far apart: the second may begin a longer run
            }

            runs.Add(new Run(slices[at], step, count));
            at += count;
        }

        return runs;
    }

    /// <summary>These slices of a storage, as a view.</summary>
    public Storage In(Storage storage, int axis)
    {
        long[] strides = (long[])storage.Strides.Clone();
        strides[axis] *= Step;
        return storage with { Shape = storage.Shape.With(axis, Count), Place = storage.At(First * storage.Strides[axis]), Strides = strides };
    }

    /// <inheritdoc/>
    public override string ToString() => Count == 1 ? $"{First}" : Step == 1 ? $"{First} to {First + Count - 1}" : $"{First}, {First + Step} to {First + (Step * (Count - 1))}";
}
