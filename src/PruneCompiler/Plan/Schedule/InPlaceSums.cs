using PruneCompiler.Emit;

namespace PruneCompiler.Plan.Schedule;

/// <summary>A step that adds an operand to what it computes, element by element, and may write the sum where the operand lies: both have the same layout.</summary>
/// <param name="Written">The buffer that it writes.</param>
/// <param name="Added">The buffer of the operand.</param>
internal sealed record InPlaceSum(string Written, string Added);

/// <summary>
/// Finds sums that may lie where their operand lay, since nothing reads the operand afterwards: a residual branch then touches one activation instead of two, which is less than the
/// cache holds more often.
/// </summary>
internal static class InPlaceSums
{
    /// <summary>For each buffer that may share the memory of another one, that other one.</summary>
    /// <param name="steps">Steps in their order.</param>
    /// <param name="sums">Steps that may write in place, by their names.</param>
    /// <param name="buffers">The buffers.</param>
    public static Dictionary<string, string> Find(IReadOnlyList<Step> steps, IReadOnlyDictionary<string, InPlaceSum> sums, IReadOnlyList<BufferPlan> buffers)
    {
        var kinds = buffers.ToDictionary(b => b.Name, StringComparer.Ordinal);
        var touched = steps.Select(s => Touched(s).ToHashSet(StringComparer.Ordinal)).ToArray();
        var result = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < steps.Count; i++)
        {
            foreach (InPlaceSum sum in Sums(steps[i], sums))
            {
                BufferPlan written = kinds[sum.Written], added = kinds[sum.Added];
                bool fits = written.Kind == BufferKind.Scratch && added.Kind == BufferKind.Scratch && written.Type == added.Type && written.Length == added.Length;
                bool dies = touched.Skip(i + 1).All(t => !t.Contains(sum.Added));
                bool isNew = Enumerable.Range(0, i).All(j => !touched[j].Contains(sum.Written) || RowFacts.ClearsBorder(steps[j]));
                if (fits && dies && isNew)
                {
                    result.Add(sum.Written, sum.Added);
                }
            }
        }

        return result;
    }

    // In bands the operand belongs to one step only, and no row may be computed by two threads: the second would add twice.
    private static IEnumerable<InPlaceSum> Sums(Step step, IReadOnlyDictionary<string, InPlaceSum> sums)
    {
        if (sums.TryGetValue(step.Name, out InPlaceSum? single))
        {
            yield return single;
        }
        else if (step.Body is BandsBody bands && bands.Reads.All(r => r.Reach.Above == 0 && r.Reach.Below == r.Reach.Stride - 1))
        {
            foreach (Step inner in bands.Steps)
            {
                if (sums.TryGetValue(inner.Name, out InPlaceSum? sum) && bands.Steps.Count(s => Touched(s).Contains(sum.Added)) == 1)
                {
                    yield return sum;
                }
            }
        }
    }

    private static IEnumerable<string> Touched(Step step) => step.Body.Places().OfType<BufferPlace>().Select(p => p.Buffer);
}
