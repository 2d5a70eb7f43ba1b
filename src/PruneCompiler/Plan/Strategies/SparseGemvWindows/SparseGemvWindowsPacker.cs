using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Weights of a sparse batch-1 layer in the order in which <see cref="Runtime.SparseGemvWindows"/> walks them.</summary>
/// <param name="Weights">[step][16 outputs].</param>
/// <param name="Lanes">[step / 4][16 outputs][4 steps]: the input's place in the step's window.</param>
/// <param name="Windows">[step]: the window's begin in units of 16 inputs.</param>
/// <param name="Steps">[group]: steps of each group, a multiple of four.</param>
/// <param name="Bias">[group][16] in packed order.</param>
/// <param name="Order">[outputs]: the original row of each packed output; null where the rows stay in order.</param>
internal sealed record SparseGemvWindowsPack(float[] Weights, byte[] Lanes, ushort[] Windows, int[] Steps, float[] Bias, ushort[]? Order)
{
    /// <summary>Most inputs that 16-bit window numbers can reach, and most outputs that 16-bit places can name.</summary>
    public const int Limit = 65536;

    /// <summary>
    /// Packs W. Where it pays, rows go in order of their number of weights. Within a group each step takes the window in which the row furthest behind has its next
    /// weight, and every row that has one there moves on: rows never wait at fixed borders, only for the slowest row.
    /// </summary>
    /// <param name="weights">W, row-major [outputs][inputs]; values equal to 0 vanish.</param>
    /// <param name="bias">b: outputs values, or empty for none.</param>
    /// <param name="outputs">Rows of W, at most <see cref="Limit"/>.</param>
    /// <param name="inputs">Columns of W, at most <see cref="Limit"/>.</param>
    public static SparseGemvWindowsPack Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int outputs, int inputs)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputs, Limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputs, Limit);
        var rows = SparseRow.Of(weights, outputs, inputs);
        var natural = Enumerable.Range(0, outputs).ToArray();

        // OrderBy is stable, so the same weights always give the same bytes.
        var sorted = natural.OrderByDescending(r => rows[r].Length).ToArray();
        var inOrder = Pack(weights, bias, inputs, rows, natural);
        var inSizes = Pack(weights, bias, inputs, rows, sorted);

        // Writing outputs one by one to their places costs a group about as much as 10 steps.
        return inSizes.Steps.Sum() + (inSizes.Steps.Length * 10) < inOrder.Steps.Sum()
            ? inSizes with { Order = Array.ConvertAll(sorted, r => (ushort)r) }
            : inOrder;
    }

    private static SparseGemvWindowsPack Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int inputs, int[][] rows, int[] order)
    {
        var outputs = order.Length;
        const int Group = SparseGemvWindows.Group;
        var groups = (outputs + Group - 1) / Group;
        var steps = new int[groups];
        var packedBias = new float[groups * Group];
        var values = new List<float>();
        var lanes = new List<byte>();
        var windows = new List<ushort>();
        var next = new int[Group];
        for (var g = 0; g < groups; g++)
        {
            var members = order.AsSpan(g * Group, Math.Min(Group, outputs - (g * Group)));
            Array.Clear(next);
            int firstLane = lanes.Count;
            while (Behind(rows, members, next) is var first && first < int.MaxValue)
            {
                var window = first / SparseGemvWindows.Alignment;
                AddStep(window);
                for (var lane = 0; lane < members.Length; lane++)
                {
                    var row = rows[members[lane]];
                    if (next[lane] < row.Length && row[next[lane]] - (window * SparseGemvWindows.Alignment) is var place and < SparseGemvWindows.Window)
                    {
                        values[^(Group - lane)] = weights[(members[lane] * inputs) + row[next[lane]]];
                        lanes[(steps[g] / SparseGemvWindows.Steps * SparseGemvWindows.Steps * Group) + (lane * SparseGemvWindows.Steps) + (steps[g] % SparseGemvWindows.Steps) + firstLane] = (byte)place;
                        next[lane]++;
                    }
                }

                steps[g]++;
            }

            for (; steps[g] % SparseGemvWindows.Steps != 0; steps[g]++)
            {
                AddStep(windows[^1]);
            }

            for (var lane = 0; lane < members.Length; lane++)
            {
                packedBias[(g * Group) + lane] = bias.IsEmpty ? 0f : bias[members[lane]];
            }
        }

        return new SparseGemvWindowsPack([.. values], [.. lanes], [.. windows], steps, packedBias, null);

        void AddStep(int window)
        {
            // Lanes come for four steps at once.
            values.AddRange(new float[Group]);
            lanes.AddRange(new byte[windows.Count % SparseGemvWindows.Steps == 0 ? SparseGemvWindows.Steps * Group : 0]);
            windows.Add((ushort)window);
        }
    }

    /// <summary>The first input that any row of the group has not had yet.</summary>
    private static int Behind(int[][] rows, ReadOnlySpan<int> members, int[] next)
    {
        var first = int.MaxValue;
        for (var lane = 0; lane < members.Length; lane++)
        {
            var row = rows[members[lane]];
            if (next[lane] < row.Length)
            {
                first = Math.Min(first, row[next[lane]]);
            }
        }

        return first;
    }
}
