using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

/// <summary>Bands of rows: every row of every layer once, never before the rows that it reads, on any number of threads.</summary>
public unsafe class RowBandsTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 50)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Rows_are_computed_once_and_behind_what_they_read(int seed)
    {
        Chain chain = Chain.Random(new Random(seed));
        foreach (int threads in new[] { 1, 2, 3, 5 })
        {
            chain.Reset();
            using ThreadTeam? team = ThreadTeam.Of(threads);
            if (team is null)
            {
                Walk(chain, null, default);
            }
            else
            {
                team.Run(&Walk, chain, null);
            }

            Assert.Equal("", chain.Errors);
            Assert.All(chain.Done, rows => Assert.All(rows, done => Assert.Equal(1, done)));
        }
    }

    private static void Walk(object state, void** ports, TeamPart part)
    {
        var chain = (Chain)state;

        // The lower a thread's rows lie, the later it starts: those above it are then early unless they wait.
        Thread.Sleep(part.First(5));
        for (var band = new RowBands(part, chain.Band, chain.Layers); band.Next();)
        {
            for (int layer = 0; layer < chain.Done.Length; layer++)
            {
                for (int y = band.First(layer); y < band.End(layer); y++)
                {
                    chain.Compute(layer, y);
                }
            }
        }
    }

    private sealed class Chain
    {
        public int[] Layers { get; private init; } = [];

        public int Band { get; private init; }

        public int[][] Done { get; private init; } = [];

        public string Errors { get; private set; } = "";

        // Bands at least as long as what the layers reach, as the plan makes them.
        public static Chain Random(Random random)
        {
            int count = random.Next(2, 7), rows = random.Next(1, 60), length = 1, reach = 0, band = 1;
            var layers = new List<int[]>();
            for (int i = 0; i < count; i++)
            {
                int stride = random.Next(4) == 0 ? 2 : 1, above = random.Next(3), below = random.Next(3);
                layers.Insert(0, [rows, stride, above, below]);
                (reach, length) = ((reach * stride) + above + below, length * stride);
                band = Math.Max(band, (reach + length - 1) / length);
                rows = Math.Max(1, ((rows - 1) * stride) + 1 + random.Next(-1, 2));
            }

            return new Chain { Layers = [.. layers.SelectMany(l => l)], Band = band + random.Next(3), Done = [.. layers.Select(l => new int[l[0]])] };
        }

        public void Reset()
        {
            foreach (int[] rows in Done)
            {
                Array.Clear(rows);
            }
        }

        public void Compute(int layer, int y)
        {
            if (layer > 0)
            {
                int[] above = Done[layer - 1];
                int from = (y * Layers[(layer * 4) + 1]) - Layers[(layer * 4) + 2], to = (y * Layers[(layer * 4) + 1]) + Layers[(layer * 4) + 3];
                for (int row = Math.Max(0, from); row <= Math.Min(above.Length - 1, to); row++)
                {
                    if (Volatile.Read(ref above[row]) == 0)
                    {
                        Errors += $"row {y} of layer {layer} came before row {row} of the layer above; ";
                    }
                }
            }

            Interlocked.Increment(ref Done[layer][y]);
        }
    }
}
