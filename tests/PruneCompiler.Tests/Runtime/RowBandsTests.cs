using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

/// <summary>
/// Bands of rows over random layers that read several earlier ones: every row of every layer by some thread, never before the rows that it reads, by one thread once, and in
/// windows that keep no more than a plan would.
/// </summary>
public unsafe class RowBandsTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 100)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rows_are_computed_behind_what_they_read(int seed)
    {
        Layers layers = Layers.Random(new Random(seed));
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            int[][] done = [.. layers.Rows.Select(r => new int[r])];
            for (int thread = 0; thread < threads; thread++)
            {
                // The threads do not wait for each other, so that each has to compute all that it reads itself.
                int[][] own = [.. layers.Rows.Select(r => new int[r])];
                TeamPart part = threads == 1 ? default : new TeamPart(new ThreadCrew(threads), thread, threads);
                for (var band = new RowBands(part, layers.Band, layers.Rows, layers.Reads); band.Next();)
                {
                    for (int layer = 0; layer < own.Length; layer++)
                    {
                        for (int y = band.First(layer); y < band.End(layer); y++)
                        {
                            layers.AssertThere(own, layer, y);
                            own[layer][y]++;
                            done[layer][y]++;
                        }
                    }
                }

                Assert.All(own, rows => Assert.All(rows, times => Assert.InRange(times, 0, 1)));
            }

            Assert.All(done, rows => Assert.All(rows, times => Assert.InRange(times, 1, threads)));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_window_holds_the_rows_that_are_read_and_zeros_around_the_image(int seed)
    {
        var random = new Random(seed);
        Layers layers = Layers.Random(random);
        const int RowLength = 3, Lead = 2, Tail = 5;
        foreach (int threads in new[] { 1, 2, 4 })
        {
            for (int layer = 0; layer < layers.Rows.Length - 1; layer++)
            {
                int top = random.Next(3), bottom = random.Next(3), capacity = 0;
                foreach (bool measure in new[] { true, false })
                {
                    float[] memory = new float[Lead + (capacity * RowLength) + Tail];
                    Array.Fill(memory, float.NaN);
                    fixed (float* start = memory)
                    {
                        for (int thread = 0; thread < threads; thread++)
                        {
                            TeamPart part = threads == 1 ? default : new TeamPart(new ThreadCrew(threads), thread, threads);
                            var window = new RowWindow(start, Lead, Tail, RowLength, capacity, top, layers.Rows[layer], bottom);
                            for (var band = new RowBands(part, layers.Band, layers.Rows, layers.Reads); band.Next();)
                            {
                                int needed = Math.Max(band.Needed(layer), -top), end = band.End(layer), below = end == layers.Rows[layer] ? bottom : 0;
                                if (measure)
                                {
                                    capacity = Math.Max(capacity, end + below - needed);
                                    continue;
                                }

                                float* rows = window.Roll(band.Needed(layer), band.First(layer), end) + Lead + (top * RowLength);
                                for (int y = band.First(layer); y < end; y++)
                                {
                                    new Span<float>(rows + (y * RowLength), RowLength).Fill(y + 1);
                                }

                                for (int y = needed; y < end + below; y++)
                                {
                                    float expected = y < 0 || y >= layers.Rows[layer] ? 0 : y + 1;
                                    Assert.All(new Span<float>(rows + (y * RowLength), RowLength).ToArray(), v => Assert.Equal(expected, v));
                                }

                                Assert.All(memory[..Lead].Concat(memory[^Tail..]), v => Assert.Equal(0, v));
                            }
                        }
                    }
                }
            }
        }
    }

    // Rows of each layer, and reads as the kernel takes them, those of later readers first.
    private sealed record Layers(int[] Rows, int[] Reads, int Band)
    {
        public static Layers Random(Random random)
        {
            int count = random.Next(2, 8);
            var rows = new int[count];
            var reads = new List<int[]>();
            rows[count - 1] = random.Next(1, 60);
            for (int source = count - 2; source >= 0; source--)
            {
                // Layers that do not shrink or grow can be read by several; the next one always reads.
                int stride = random.Next(4) == 0 ? 2 : 1;
                rows[source] = Math.Max(1, ((rows[source + 1] - 1) * stride) + 1 + random.Next(-1, 2));
                foreach (int reader in Enumerable.Range(source + 1, count - source - 1).Where(r => r == source + 1 || (rows[r] == rows[source] && random.Next(2) == 0)))
                {
                    reads.Add([reader, source, reader == source + 1 ? stride : 1, random.Next(3), random.Next(3)]);
                }
            }

            return new Layers(rows, [.. reads.OrderByDescending(r => r[0]).SelectMany(r => r)], random.Next(1, 7));
        }

        public void AssertThere(int[][] done, int layer, int y)
        {
            foreach (int[] read in Reads.Chunk(5).Where(r => r[0] == layer))
            {
                for (int row = Math.Max(0, (y * read[2]) - read[3]); row <= Math.Min(Rows[read[1]] - 1, (y * read[2]) + read[4]); row++)
                {
                    Assert.True(done[read[1]][row] > 0, $"row {y} of layer {layer} came before row {row} of layer {read[1]}");
                }
            }
        }
    }
}
