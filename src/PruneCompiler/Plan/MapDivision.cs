using PruneCompiler.Emit;

namespace PruneCompiler.Plan;

/// <summary>How element-wise loop nests divide.</summary>
internal static class MapDivision
{
    // A few elements a cycle from the second-level cache; functions such as the exponential cost more.
    private const double CyclesPerElement = 0.5;
    private const double CyclesPerFunction = 2;

    // Fewer make parts too unequal.
    private const int FewestUnits = 4;

    // Shorter inner loops lose more than threads gain.
    private const long ShortestUnit = 64;

    /// <summary>The axis outermost in memory with enough indices, where enough work is left below it; -1 where there is none.</summary>
    public static int Axis(MapBody map)
    {
        long elements = map.Shape.Aggregate(1L, (n, d) => n * d);
        foreach (int i in Enumerable.Range(0, map.Shape.Count).OrderByDescending(axis => map.Out.Strides[axis]))
        {
            // Distinct indices must write apart.
            if (map.Shape[i] >= FewestUnits && elements / map.Shape[i] >= ShortestUnit && map.Out.Strides[i] != 0)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>What the nest is predicted to cost.</summary>
    public static double Cycles(MapBody map) =>
        map.Shape.Aggregate(1.0, (n, d) => n * d) * (CyclesPerElement + (CyclesPerFunction * map.Value.Count(c => c == '(')));
}
