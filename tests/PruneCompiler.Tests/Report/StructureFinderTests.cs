using PruneCompiler.Report;

namespace PruneCompiler.Tests.Report;

/// <summary>Each structure is found where it is, and not in weights without it.</summary>
public class StructureFinderTests
{
    private static StructureFacts Find(int rows, int columns, Func<int, int, float> weight) =>
        StructureFinder.Find(new WeightMatrix([.. Enumerable.Range(0, rows * columns).Select(i => weight(i / columns, i % columns))], rows, columns, []));

    private static StructureFacts FindRandom(int rows, int columns, double zeros)
    {
        var random = new Random(5);
        return Find(rows, columns, (_, _) => random.NextDouble() < zeros ? 0 : random.NextSingle() + 0.1f);
    }

    [Fact]
    public void Single_zeros_are_no_structure()
    {
        StructureFacts facts = FindRandom(32, 64, 0.6);
        Assert.InRange(facts.Sparsity, 0.5, 0.7);
        Assert.Null(facts.Block);
        Assert.Null(facts.Ratio);
        Assert.Null(facts.Rank);
        Assert.Null(facts.Magnitudes);
        Assert.Equal(1, facts.Modules);
        Assert.Equal(0, facts.RepeatedFilters);
    }

    [Fact]
    public void Blocks_have_their_size()
    {
        var random = new Random(1);
        bool[] kept = [.. Enumerable.Range(0, 16 * 16).Select(_ => random.NextDouble() < 0.3)];
        Assert.Equal((4, 2), Find(64, 32, (r, c) => kept[(r / 4 * 16) + (c / 2)] ? 1 + random.NextSingle() : 0).Block);
    }

    [Theory]
    [InlineData(2, 4)]
    [InlineData(1, 4)]
    [InlineData(1, 2)]
    public void A_ratio_along_the_inputs_is_found(int n, int m)
    {
        var random = new Random(2);
        var kept = new bool[32, 64];
        for (int r = 0; r < 32; r++)
        {
            for (int c = 0; c < 64; c += m)
            {
                foreach (int i in Enumerable.Range(0, m).OrderBy(_ => random.Next()).Take(n))
                {
                    kept[r, c + i] = true;
                }
            }
        }

        Assert.Equal((n, m), Find(32, 64, (r, c) => kept[r, c] ? 1 + random.NextSingle() : 0).Ratio);
    }

    [Fact]
    public void Modules_are_found_behind_a_permutation()
    {
        var random = new Random(3);
        int[] rows = [.. Enumerable.Range(0, 24).OrderBy(_ => random.Next())], columns = [.. Enumerable.Range(0, 40).OrderBy(_ => random.Next())];
        Assert.Equal(4, Find(24, 40, (r, c) => rows[r] / 6 == columns[c] / 10 ? 1 + random.NextSingle() : 0).Modules);
    }

    [Fact]
    public void A_low_rank_is_found_in_what_is_stored_full()
    {
        var random = new Random(4);
        float[] a = [.. Enumerable.Range(0, 40 * 3).Select(_ => random.NextSingle() - 0.5f)], b = [.. Enumerable.Range(0, 3 * 50).Select(_ => random.NextSingle() - 0.5f)];
        Assert.Equal(3, Find(40, 50, (r, c) => Enumerable.Range(0, 3).Sum(k => a[(r * 3) + k] * b[(k * 50) + c])).Rank);
    }

    [Fact]
    public void Signs_and_repeated_filters_are_found()
    {
        StructureFacts facts = Find(16, 16, (r, c) => ((r / 2) * 7 + (c * c)) % 3 == 0 ? 0.5f : -0.5f);
        Assert.Equal(1, facts.Magnitudes);
        Assert.True(facts.RepeatedFilters >= 8);
    }

    [Fact]
    public void Kernel_patterns_and_stripes_are_counted()
    {
        int[][] patterns = [[0, 1, 3, 4], [4, 5, 7, 8]];
        var values = new float[8 * 4 * 9];
        for (int kernel = 1; kernel < 32; kernel++) // the first kernel is removed whole
        {
            foreach (int t in patterns[kernel / 4 % 2])
            {
                values[(kernel * 9) + t] = 1 + kernel;
            }
        }

        StructureFacts facts = StructureFinder.Find(new WeightMatrix(values, 8, 4, [3, 3]));
        Assert.Equal(2, facts.KernelPatterns);
        Assert.Equal(4, facts.KeptPositions);
        Assert.Equal(1, facts.ZeroKernels);
        Assert.Equal(8 * 5, facts.ZeroStripes);
        Assert.Equal(1.0, facts.PositionShares[4]);
    }

    [Fact]
    public void The_pq_index_follows_its_definition()
    {
        Assert.Equal(0, Find(4, 4, (_, _) => -2).PqIndex, 1e-9);
        Assert.Equal(1 - (1 / 16.0), Find(4, 4, (r, c) => r + c == 0 ? 3 : 0).PqIndex, 1e-9);

        // |w| = 1, 4: (1 + 2)^2 / (2 * 5) = 0.9
        Assert.Equal(0.1, Find(1, 2, (_, c) => c == 0 ? 1 : -4).PqIndex, 1e-9);
    }

    [Fact]
    public void Denormals_and_near_zeros_are_counted()
    {
        StructureFacts facts = Find(2, 4, (r, c) => (r, c) switch { (0, 0) => 1e-40f, (0, 1) => -1e-9f, (1, 3) => 1, _ => 0 });
        Assert.Equal(1, facts.Denormals);
        Assert.Equal(2, facts.NearZeros);
        Assert.Equal(3, facts.NonZeros);
    }
}
