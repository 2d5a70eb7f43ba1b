using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Weights of a sparse matrix product in the order in which <see cref="Runtime.SparseGemm"/> walks them.</summary>
/// <param name="Weights">[step][4 outputs], block of inputs by block, group by group.</param>
/// <param name="Offsets">[step][4 outputs]: input within the block, times the tokens of a tile.</param>
/// <param name="Steps">[block][group].</param>
/// <param name="Order">[block][group][4]: outputs; numbers from the outputs on are fillers.</param>
/// <param name="Bias">[outputs], filled up with zeros to whole groups.</param>
internal sealed record SparseGemmPack(float[] Weights, ushort[] Offsets, int[] Steps, ushort[] Order, float[] Bias)
{
    /// <summary>Most outputs that the 16-bit order can name, fillers included.</summary>
    public const int OutputLimit = 65536 - SparseGemm.Group;

    /// <summary>Packs W. Within each block of inputs, outputs go in order of their number of weights there, so that the four of a group end together.</summary>
    /// <param name="weights">W with outputs as rows, row-major [outputs][inputs] (Gemm's transB); values equal to 0 vanish.</param>
    /// <param name="bias">outputs values, or empty for none.</param>
    /// <param name="outputs">Rows of W, at most <see cref="OutputLimit"/>.</param>
    /// <param name="inputs">Columns of W.</param>
    /// <param name="tokens">Rows of the other operand: they decide the size of tiles.</param>
    public static SparseGemmPack Pack(ReadOnlySpan<float> weights, ReadOnlySpan<float> bias, int outputs, int inputs, int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputs, OutputLimit);
        const int Group = SparseGemm.Group;
        int tile = SparseGemm.Tile(tokens), blockK = SparseGemm.BlockK(tile);
        var rows = SparseRow.Of(weights, outputs, inputs);
        var groups = (outputs + Group - 1) / Group;
        var values = new List<float>();
        var offsets = new List<ushort>();
        var steps = new List<int>();
        var orders = new List<ushort>();
        for (var k0 = 0; k0 == 0 || k0 < inputs; k0 += blockK)
        {
            var block = Array.ConvertAll(rows, row => Array.FindAll(row, i => i >= k0 && i < k0 + blockK));

            // OrderBy is stable, so the same weights always give the same bytes.
            var order = Enumerable.Range(0, groups * Group).OrderByDescending(r => r < outputs ? block[r].Length : 0).ToArray();
            orders.AddRange(order.Select(r => (ushort)r));
            foreach (var members in order.Chunk(Group))
            {
                var count = members[0] < outputs ? block[members[0]].Length : 0;
                steps.Add(count);
                for (var s = 0; s < count; s++)
                {
                    foreach (var r in members)
                    {
                        // A filler repeats the row's last input, which is in the cache already.
                        var row = r < outputs ? block[r] : [];
                        var input = row.Length == 0 ? k0 : row[Math.Min(s, row.Length - 1)];
                        values.Add(s < row.Length ? weights[(r * inputs) + input] : 0f);
                        offsets.Add((ushort)((input - k0) * tile));
                    }
                }
            }
        }

        var packedBias = new float[groups * Group];
        bias.CopyTo(packedBias);
        return new SparseGemmPack([.. values], [.. offsets], [.. steps], [.. orders], packedBias);
    }
}
