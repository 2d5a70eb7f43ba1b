using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Weights of a sparse batch-1 layer in the order in which <see cref="Runtime.SparseGemvRows"/> walks them.</summary>
/// <param name="Weights">[step][8 outputs].</param>
/// <param name="Indices">[step][8 outputs]: inputs.</param>
/// <param name="Steps">[group]: steps of each group.</param>
/// <param name="Bias">[group][8] in packed order.</param>
/// <param name="Order">[outputs]: the original row of each packed output; null where the rows stay in order.</param>
internal sealed record SparseGemvRowsPack(float[] Weights, ushort[] Indices, int[] Steps, float[] Bias, ushort[]? Order)
{
    /// <summary>Most inputs and outputs that the 16-bit indices can name.</summary>
    public const int Limit = 65536;

    /// <summary>Packs W. Where it pays, rows go in order of their number of weights, so that the eight rows of a group end together.</summary>
    /// <param name="weights">W, row-major [outputs][inputs]; values equal to 0 vanish.</param>
    /// <param name="bias">b: outputs values, or empty for none.</param>
    /// <param name="outputs">Rows of W, at most <see cref="Limit"/>.</param>
    /// <param name="inputs">Columns of W, at most <see cref="Limit"/>.</param>
    public static SparseGemvRowsPack Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int outputs, int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputs, Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputs, Limit);
        var rows = SparseRow.Of(weights, outputs, inputs);
        var natural = Enumerable.Range(0, outputs).ToArray();

        // OrderBy is stable, so the same weights always give the same bytes.
        var sorted = natural.OrderByDescending(r => rows[r].Length).ToArray();
        var inOrder = Pack(weights, bias, inputs, rows, natural);
        var inSizes = Pack(weights, bias, inputs, rows, sorted);

        // Writing outputs one by one to their places costs a group about as much as 4 steps.
        return inSizes.Steps.Sum() + (inSizes.Steps.Length * 4) < inOrder.Steps.Sum()
            ? inSizes with { Order = Array.ConvertAll(sorted, r => (ushort)r) }
            : inOrder;
    }

    private static SparseGemvRowsPack Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int inputs, int[][] rows, int[] order)
    {
        var outputs = order.Length;
        const int Group = SparseGemvRows.Group;
        var groups = (outputs + Group - 1) / Group;
        var steps = new int[groups];
        var packedBias = new float[groups * Group];
        for (var p = 0; p < outputs; p++)
        {
            steps[p / Group] = Math.Max(steps[p / Group], rows[order[p]].Length);
            packedBias[p] = bias.IsEmpty ? 0f : bias[order[p]];
        }

        var total = steps.Sum();
        var values = new float[checked(total * Group)];
        var indices = new ushort[total * Group];
        var at = 0;
        for (var g = 0; g < groups; g++)
        {
            for (var lane = 0; lane < Group && (g * Group) + lane < outputs; lane++)
            {
                var row = rows[order[(g * Group) + lane]];
                for (var s = 0; s < steps[g]; s++)
                {
                    // A filler repeats the row's last input, which is in the cache already.
                    var from = Math.Min(s, row.Length - 1);
                    values[((at + s) * Group) + lane] = s < row.Length ? weights[(order[(g * Group) + lane] * inputs) + row[s]] : 0f;
                    indices[((at + s) * Group) + lane] = (ushort)(from < 0 ? 0 : row[from]);
                }
            }

            at += steps[g];
        }

        return new SparseGemvRowsPack(values, indices, steps, packedBias, null);
    }
}
