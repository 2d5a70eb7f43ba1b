using PruneCompiler.Plan.Strategies.SparseRows;

namespace PruneCompiler.Plan.Strategies.SparseTiles;

/// <summary>The shape of a tile of output pixels: what the runtime's SparseTiles works on at a time.</summary>
/// <param name="Rows">Vectors below each other.</param>
/// <param name="Columns">Vectors beside each other.</param>
/// <param name="Step">Elements of the input from one row to the next.</param>
/// <param name="Flat">Rows are the vectors of one flattened plane.</param>
public sealed record TileShape(int Rows, int Columns, long Step, bool Flat);

/// <summary>A layer for the runtime's SparseTiles.</summary>
/// <param name="Taps">The packed form.</param>
/// <param name="Work">Floats of working memory that the kernel needs.</param>
/// <param name="Blocks">Blocks of taps that it works in.</param>
/// <param name="Lines">Lines of 16 floats that are copied for a tile, in all blocks.</param>
public sealed record PackedTiles(PackedTaps Taps, long Work, int Blocks, long Lines);

/// <summary>Packs weights for the runtime's SparseTiles: taps that share a strip of input are found, strips are dealt into blocks that fit the first-level cache.</summary>
public static class SparseTilePacker
{
    /// <summary>Lines of 64 bytes that a block may take: two thirds of a first-level cache of 48 KB, all of one of 32 KB.</summary>
    public const int BlockLines = 512;

    /// <summary>Packs rows.</summary>
    /// <param name="rows">One group for each output channel, of one channel each.</param>
    /// <param name="shape">The tile.</param>
    /// <param name="blockLines">Lines of a block at most, unless a single strip is longer.</param>
    public static PackedTiles Pack(IReadOnlyList<SparseGroup> rows, TileShape shape, int blockLines = BlockLines)
    {
        if (rows.Any(r => r.Channels.Length != 1 || r.Weights.Length != r.Offsets.Length))
        {
            throw new ArgumentException("Rows of one output channel each are wanted.", nameof(rows));
        }

        List<Strip> strips = Strips(rows, shape);
        int blocks = Deal(strips, shape, blockLines);
        var place = new Dictionary<int, (int Block, int Line)>();
        var lines = new int[blocks];
        foreach (Strip strip in strips)
        {
            for (int i = 0; i <= strip.Extra; i++)
            {
                place.TryAdd(checked((int)(strip.Offset + (i * shape.Step))), (strip.Block, lines[strip.Block] + (i * shape.Columns)));
            }

            lines[strip.Block] += (strip.Extra + shape.Rows) * shape.Columns;
        }

        var records = new List<int>();
        var taps = new PackWriter();
        for (int b = 0; b < blocks; b++)
        {
            int block = b;
            Strip[] own = [.. strips.Where(s => s.Block == block)];
            var members = rows
                .Select(r => (Row: r, Taps: Enumerable.Range(0, r.Offsets.Length).Where(t => place[r.Offsets[t]].Block == block).ToArray()))
                .Where(m => block == 0 || block == blocks - 1 || m.Taps.Length > 0)
                .ToArray();
            var runs = members.GroupBy(m => m.Taps.Length).OrderByDescending(g => g.Key).ToArray();
            records.AddRange([own.Length, lines[b], runs.Length, members.Sum(m => m.Taps.Length)]);
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

        taps.Short(0);
        var writer = new PackWriter();
        int most = lines.DefaultIfEmpty(0).Max();
        foreach (int value in (int[])[blocks, shape.Rows, shape.Columns, most, records.Count, 0, .. records])
        {
            writer.Int(value);
        }

        writer.Bytes(taps.ToArray());
        IEnumerable<int> offsets = rows.SelectMany(r => r.Offsets).DefaultIfEmpty(0);
        long work = 16L * (most + 1 + ((blocks > 1 ? (long)rows.Count : 2) * shape.Rows * shape.Columns));
        var packed = new PackedTaps(writer.ToArray(), offsets.Min(), offsets.Max(), rows.Sum(g => (long)g.Weights.Length));
        return new PackedTiles(packed, work, blocks, lines.Sum(l => (long)l));
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
            if (of != residue || offset - last > shape.Rows * shape.Step)
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
        long total = strips.Sum(s => (s.Extra + (long)shape.Rows) * shape.Columns);
        long blocks = Math.Max(1, (total + blockLines - 1) / blockLines), done = 0;
        foreach (Strip strip in strips)
        {
            long length = (strip.Extra + (long)shape.Rows) * shape.Columns;
            strip.Block = (int)Math.Min(blocks - 1, (done + (length / 2)) * blocks / total);
            done += length;
        }

        return (int)blocks;
    }

    private sealed class Strip
    {
        public int Offset { get; init; }

        public int Extra { get; set; }

        public int Block { get; set; }
    }
}
