using PruneCompiler.Plan.Cost;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies.SharedTaps;

/// <summary>Weights of a sparse batch-1 layer whose outputs read the same inputs in groups, in the order in which <see cref="SharedGemv"/> walks them.</summary>
/// <param name="Weights">[group][tap][width].</param>
/// <param name="Indices">[group][tap]: inputs.</param>
/// <param name="Sizes">[group][2]: width and taps.</param>
/// <param name="Bias">[group][width], in packed order.</param>
/// <param name="Order">[group][width]: original rows, ascending; fillers have the number of outputs.</param>
/// <param name="About">What was found, for people.</param>
internal sealed record SharedGemvPack(float[] Weights, ushort[] Indices, int[] Sizes, float[] Bias, ushort[] Order, string About)
{
    /// <summary>Most inputs and outputs that the 16-bit indices can name, and the filler beside them.</summary>
    public const int Limit = ushort.MaxValue;

    // Outputs that are written one by one.
    private const double CyclesOfScattered = 80;

    /// <summary>Number of groups.</summary>
    public int Groups => Sizes.Length / 2;

    /// <summary>Weights that are multiplied: those of fillers, which only round a vector up, do not count.</summary>
    public long Products(int outputs)
    {
        long products = 0;
        for (int g = 0, at = 0; g < Groups; at += Sizes[2 * g++])
        {
            products += Sizes[(2 * g) + 1] * Order.AsSpan(at, Sizes[2 * g]).ToArray().LongCount(o => o < outputs);
        }

        return products;
    }

    // Groups whose outputs do not lie in a row.
    private int Scattered()
    {
        int scattered = 0;
        for (int g = 0, at = 0; g < Groups; at += Sizes[2 * g++])
        {
            scattered += Order[at + Sizes[2 * g] - 1] - Order[at] == Sizes[2 * g] - 1 ? 0 : 1;
        }

        return scattered;
    }

    /// <summary>What the kernel is predicted to take.</summary>
    public double Cycles(CostTarget target) =>
        Math.Max(Enumerable.Range(0, Groups).Sum(g => Sizes[(2 * g) + 1] * TapCost(Sizes[2 * g], target)), target.Stream(4.0 * Weights.Length))
        + (Groups * target.VectorGroup) + (Scattered() * CyclesOfScattered);

    /// <summary>Packs W, or null where its rows have nothing in common.</summary>
    /// <param name="weights">W, row-major [outputs][inputs].</param>
    /// <param name="bias">outputs values, or empty for none.</param>
    /// <param name="outputs">Rows of W, at most <see cref="Limit"/>.</param>
    /// <param name="inputs">Columns of W, at most <see cref="Limit"/>.</param>
    /// <param name="target">What kernels cost.</param>
    /// <param name="perWeight">What a weight costs in the best of the other sparse kernels.</param>
    public static SharedGemvPack? Pack(float[] weights, float[] bias, int outputs, int inputs, CostTarget target, double perWeight)
    {
        RowSupports supports = RowSupports.Of(weights, outputs, inputs);
        var costs = new SortedDictionary<int, double> { [1] = perWeight, [8] = TapCost(8, target), [16] = TapCost(16, target), [32] = TapCost(32, target) };
        List<int[]> clusters = RowClusters.Find(supports, costs, 0, outputs);
        int together = clusters.Where(c => c.Length > 1).Sum(c => c.Length);
        if (together == 0)
        {
            return null;
        }

        // Rows that are like no others fill groups of 8; that costs what it costs.
        IEnumerable<int[]> others = clusters.Where(c => c.Length == 1).SelectMany(c => c).Order().Chunk(8);
        List<int[]> groups = [.. clusters.Where(c => c.Length > 1).OrderByDescending(c => c.Length).ThenBy(c => c[0]), .. others];
        string about = $"{together} of {outputs} outputs read the same inputs in groups of up to {groups[0].Length}";
        return Pack(weights, bias, outputs, inputs, supports, groups, about);
    }

    /// <summary>Packs W in sets of 8, 16 or 32 neighbouring rows, for measurements.</summary>
    public static SharedGemvPack Pack(float[] weights, int outputs, int inputs, int sets) =>
        Pack(weights, [], outputs, inputs, RowSupports.Of(weights, outputs, inputs), [.. Enumerable.Range(0, outputs).Chunk(outputs / sets)], "");

    private static SharedGemvPack Pack(float[] weights, float[] bias, int outputs, int inputs, RowSupports supports, List<int[]> groups, string about)
    {
        var values = new List<float>();
        var indices = new List<ushort>();
        var sizes = new List<int>();
        var biases = new List<float>();
        var order = new List<ushort>();
        var union = new ulong[supports.Words];
        foreach (int[] rows in groups)
        {
            int width = rows.Length <= 8 ? 8 : rows.Length <= 16 ? 16 : 32, taps = 0;
            Array.Clear(union);
            Array.ForEach(rows, r => supports.AddTo(union, r));
            for (int i = 0; i < inputs; i++)
            {
                if ((union[i / 64] >> (i % 64) & 1) != 0)
                {
                    indices.Add((ushort)i);
                    values.AddRange(rows.Select(r => weights[(r * inputs) + i]));
                    values.AddRange(Enumerable.Repeat(0f, width - rows.Length));
                    taps++;
                }
            }

            sizes.AddRange([width, taps]);
            biases.AddRange(rows.Select(r => bias.Length == 0 ? 0 : bias[r]));
            biases.AddRange(Enumerable.Repeat(0f, width - rows.Length));
            order.AddRange(rows.Select(r => (ushort)r));
            order.AddRange(Enumerable.Repeat((ushort)outputs, width - rows.Length));
        }

        return new SharedGemvPack([.. values], [.. indices], [.. sizes], [.. biases], [.. order], about);
    }

    // Fetching the input is paid once for a group, the weights for each vector.
    private static double TapCost(int width, CostTarget target) => target.VectorSharedStep * Math.Max(0.9, width / 16.0);
}
