using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies.SparseRows;

namespace PruneCompiler.Plan.Strategies.SparseTiles;

/// <summary>Packs weights for the runtime's SparseTiles: taps that share a strip of input are found, strips are dealt into blocks that fit the first-level cache.</summary>
public static class SparseTilePacker
{
    /// <summary>Lines of 64 bytes that a block may take: two thirds of a first-level cache of 48 KB, all of one of 32 KB.</summary>
    public const int BlockLines = 512;

    // Sums of a slice of output channels: half of a second-level cache of 256 KB, and no more than a small stack can give.
    private const int SumLines = 2048;

    // Lines are numbered with 16 bits, and a block with its sums has to fit the stack.
    private const int LongestStrip = 256;

    /// <summary>Cycles for one vector of pixels in all output channels.</summary>
    /// <param name="rows">One group for each output channel, of one channel each.</param>
    /// <param name="shape">The tile.</param>
    /// <param name="target">What kernels cost.</param>
    public static double Cycles(IReadOnlyList<SparseGroup> rows, TileShape shape, CostTarget target)
    {
        List<Strip> strips = Strips(rows, shape);
        int blocks = Deal(strips, shape, BlockLines), slices = Slices(rows.Count, blocks, shape);
        double copied = slices * strips.Sum(s => s.Length(shape)) / ((double)shape.Rows * shape.Columns);
        return (rows.Sum(r => (long)r.Offsets.Length) * target.TileTap) + (rows.Count * ((blocks * target.TileRow) + target.TileEnd)) + (copied * target.TileLine);
    }

    /// <summary>Packs rows.</summary>
    /// <param name="rows">One group for each output channel, of one channel each, in the channels' order.</param>
    /// <param name="shape">The tile.</param>
    /// <param name="blockLines">Lines of a block at most, give or take a strip.</param>
    public static PackedTaps Pack(IReadOnlyList<SparseGroup> rows, TileShape shape, int blockLines = BlockLines)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Channels.Length != 1 || rows[i].Channels[0] != i || rows[i].Weights.Length != rows[i].Offsets.Length)
            {
                throw new ArgumentException("A row for each output channel is wanted, in order.", nameof(rows));
            }
        }

        List<Strip> strips = Strips(rows, shape);
        int blocks = Deal(strips, shape, blockLines), slices = Slices(rows.Count, blocks, shape);
        var place = new Dictionary<int, (int Block, int Line)>();
        var lines = new int[blocks];
        foreach (Strip strip in strips)
        {
            for (int i = 0; i <= strip.Extra; i++)
            {
                place.TryAdd(checked((int)(strip.Offset + (i * shape.Step))), (strip.Block, lines[strip.Block] + (i * shape.Columns)));
            }

            lines[strip.Block] += (int)strip.Length(shape);
        }

        var records = new List<int>();
        var taps = new PackWriter();
        for (int slice = 0; slice < slices; slice++)
        {
            int first = rows.Count * slice / slices, end = rows.Count * (slice + 1) / slices;
            for (int block = 0; block < blocks; block++)
            {
                Write([.. rows.Take(end).Skip(first)], block, records, taps);
            }
        }

        taps.Short(0);
        int perSlice = (rows.Count + slices - 1) / slices;
        int sums = (blocks == 1 ? 2 : perSlice) * shape.Rows * shape.Columns;
        var writer = new PackWriter();
        foreach (int value in (int[])[slices, blocks, shape.Rows, shape.Columns, lines.Max(), sums, records.Count, shape.Flat ? 1 : 0, .. records])
        {
            writer.Int(value);
        }

        writer.Bytes(taps.ToArray());
        IEnumerable<int> offsets = rows.SelectMany(r => r.Offsets).DefaultIfEmpty(0);
        return new PackedTaps(writer.ToArray(), offsets.Min(), offsets.Max(), rows.Sum(g => (long)g.Weights.Length));

        // The first block begins every channel's sum and the last one activates it, so they list channels without taps too.
        void Write(SparseGroup[] slice, int block, List<int> records, PackWriter taps)
        {
            Strip[] own = [.. strips.Where(s => s.Block == block)];
            var members = slice
                .Select(r => (Row: r, Taps: Enumerable.Range(0, r.Offsets.Length).Where(t => place[r.Offsets[t]].Block == block).ToArray()))
                .Where(m => block == 0 || block == blocks - 1 || m.Taps.Length > 0);
            var runs = members.GroupBy(m => m.Taps.Length).OrderByDescending(g => g.Key).ToArray();
            records.AddRange([own.Length, slice[0].Channels[0], runs.Length, runs.Sum(r => r.Key * r.Count())]);
            foreach (Strip strip in own)
            {
                records.AddRange([strip.Offset, strip.Extra + shape.Rows]);
            }

            foreach (var run in runs)
            {
                records.AddRange([run.Key, run.Count(), .. run.Select(m => m.Row.Channels[0])]);
                foreach (var (row, used) in run)
                {
                    foreach (int t in used)
                    {
                        taps.Float(row.Weights[t]);
                        taps.Short(checked((ushort)place[row.Offsets[t]].Line));
                    }
                }
            }
        }
    }

    // Offsets that differ by whole steps, and by not more than a tile is high, share a strip.
    private static List<Strip> Strips(IReadOnlyList<SparseGroup> rows, TileShape shape)
    {
        var strips = new List<Strip>();
        long last = long.MinValue, residue = long.MinValue;
        var offsets = rows.SelectMany(r => r.Offsets).Distinct()
            .Select(o => (Offset: o, Residue: ((o % shape.Step) + shape.Step) % shape.Step)).OrderBy(o => o.Residue).ThenBy(o => o.Offset);
        foreach ((int offset, long of) in offsets)
        {
            if (of != residue || offset - last > shape.Rows * shape.Step || offset - strips[^1].Offset >= LongestStrip * shape.Step)
            {
                strips.Add(new Strip { Offset = offset });
                residue = of;
            }

            strips[^1].Extra = checked((int)((offset - strips[^1].Offset) / shape.Step));
            last = offset;
        }

        return shape.Flat ? [.. strips.OrderBy(s => s.Offset)] : strips;
    }

    // Blocks of about equal length.
    private static int Deal(List<Strip> strips, TileShape shape, int blockLines)
    {
        long total = strips.Sum(s => s.Length(shape)), done = 0;
        long blocks = Math.Max(1, (total + blockLines - 1) / blockLines);
        foreach (Strip strip in strips)
        {
            long length = strip.Length(shape);
            strip.Block = (int)Math.Min(blocks - 1, (done + (length / 2)) * blocks / total);
            done += length;
        }

        return (int)blocks;
    }

    private static int Slices(int channels, int blocks, TileShape shape)
    {
        int most = SumLines / (shape.Rows * shape.Columns);
        return blocks == 1 ? 1 : (channels + most - 1) / most;
    }

    private sealed class Strip
    {
        public int Offset { get; init; }

        public int Extra { get; set; }

        public int Block { get; set; }

        public long Length(TileShape shape) => (Extra + (long)shape.Rows) * shape.Columns;
    }
}
