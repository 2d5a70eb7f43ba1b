using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Strategies.SparseRows;

namespace PruneCompiler.Plan.Strategies.SparseShifts;

/// <summary>Packs weights for the runtime's SparseShifts: the taps of each kernel column by themselves, four output channels with about equally many side by side.</summary>
public sealed class SparseShiftPacker
{
    /// <summary>The strategy's name.</summary>
    public const string Name = "shifted sums";

    private const int Line = 16, Together = 4, MostColumns = 7;

    private readonly List<Block> blocks = [];
    private readonly int columns, right;
    private readonly long macs;

    /// <param name="rows">One group for each output channel, of one channel each, in the channels' order, its taps dealt into blocks. Offsets lie less than half a line from where a channel's row begins.</param>
    public SparseShiftPacker(IReadOnlyList<SparseGroup> rows)
    {
        int[] positions = [.. rows.SelectMany(r => r.Offsets).Select(Column).Distinct()];
        right = Math.Max(0, -positions.DefaultIfEmpty(0).Min());
        columns = right + Math.Max(0, positions.DefaultIfEmpty(0).Max()) + 1;
        macs = rows.Sum(r => (long)r.Weights.Length);
        int count = rows.SelectMany(r => r.Blocks).DefaultIfEmpty(0).Max() + 1;
        for (int b = 0; b < count; b++)
        {
            blocks.Add(MakeBlock(rows, b));
        }
    }

    /// <summary>Tells whether the kernel can run a layer: rows of panels that fill 1, 2 or 4 vectors and have zeros behind their pixels for what the columns reach.</summary>
    /// <param name="input">What is read.</param>
    /// <param name="output">What is written.</param>
    /// <param name="offsets">The taps.</param>
    public static bool Applies(PanelLayout input, PanelLayout output, IReadOnlyList<int> offsets)
    {
        int computed = PanelLayout.RoundUp(output.ComputedWidth), left = offsets.Select(Column).Append(0).Min(), right = offsets.Select(Column).Append(0).Max();
        return !input.Flat && !output.Flat
            && left < right && right - left < MostColumns
            && computed is Line or 2 * Line or 4 * Line
            && computed <= input.RowLength
            && output.ComputedWidth + right <= computed
            && input.Width <= computed + left
            && offsets.Max() - (long)offsets.Min() <= ushort.MaxValue - Line;
    }

    /// <summary>Cycles for one vector of pixels in all output channels.</summary>
    public double Cycles(CostTarget target) =>
        blocks.Sum(b => b.Members.Sum(m => (Together * m.Steps.Sum() * target.ShiftTap) + (Together * target.ShiftRow)));

    /// <summary>The packed form.</summary>
    public PackedTaps Pack()
    {
        var records = new List<int>();
        var offsets = new List<int>();
        var weights = new List<float>();
        int min = 0, max = 0;
        foreach (Block block in blocks)
        {
            int origin = block.Members.SelectMany(m => m.Offsets).DefaultIfEmpty(0).Min();
            records.AddRange([origin, block.Members.Count]);
            foreach (Member member in block.Members)
            {
                records.AddRange(member.Channels);
                records.AddRange(member.Steps);
                offsets.AddRange(member.Offsets.Select(o => o - origin));
                weights.AddRange(member.Weights);
                min = Math.Min(min, member.Offsets.DefaultIfEmpty(0).Min());
                max = Math.Max(max, member.Offsets.DefaultIfEmpty(0).Max());
            }
        }

        var writer = new PackWriter();
        writer.Int(blocks.Count);
        writer.Int(columns);
        writer.Int(right);
        writer.Int(records.Count);
        writer.Int(offsets.Count);
        records.ForEach(writer.Int);
        offsets.ForEach(o => writer.Short(checked((ushort)o)));
        writer.Align(4);
        weights.ForEach(writer.Float);
        return new PackedTaps(writer.ToArray(), min - right, max + columns - 1 - right, macs);
    }

    // Which pixel of its channel's row a tap reads, from where the output pixel lies.
    private static int Column(int offset) => ((offset + (Line / 2)) & (Line - 1)) - (Line / 2);

    private Block MakeBlock(IReadOnlyList<SparseGroup> rows, int block)
    {
        var left = new List<Row>();
        for (int o = 0; o < rows.Count; o++)
        {
            SparseGroup row = rows[o];
            if (row.Channels is not [var channel] || channel != o)
            {
                throw new ArgumentException("A row for each output channel is wanted, in order.", nameof(rows));
            }

            var taps = new List<(int Offset, float Weight)>[columns];
            for (int c = 0; c < columns; c++)
            {
                taps[c] = [];
            }

            for (int t = 0; t < row.Offsets.Length; t++)
            {
                if (row.Blocks[t] == block)
                {
                    int column = Column(row.Offsets[t]);
                    taps[columns - 1 - right - column].Add((row.Offsets[t] - column, row.Weights[t])); // from right to left
                }
            }

            left.Add(new Row(o, taps));
        }

        left = [.. left.OrderByDescending(r => r.Taps.Sum(t => t.Count)).ThenBy(r => r.Channel)];
        var members = new List<Member>();
        while (left.Count > 0)
        {
            members.Add(Merge(Take(left)));
        }

        return new Block(members);
    }

    // The longest row that is left, and three that fit it best.
    private List<Row> Take(List<Row> left)
    {
        var four = new List<Row> { left[0] };
        int[] most = [.. left[0].Taps.Select(t => t.Count)];
        left.RemoveAt(0);
        while (four.Count < Together && left.Count > 0)
        {
            int best = 0, least = int.MaxValue;
            for (int i = 0; i < left.Count && least > 0; i++)
            {
                int fillers = 0;
                for (int c = 0; c < columns; c++)
                {
                    int count = left[i].Taps[c].Count;
                    fillers += count > most[c] ? (count - most[c]) * four.Count : most[c] - count;
                }

                if (fillers < least)
                {
                    (best, least) = (i, fillers);
                }
            }

            for (int c = 0; c < columns; c++)
            {
                most[c] = Math.Max(most[c], left[best].Taps[c].Count);
            }

            four.Add(left[best]);
            left.RemoveAt(best);
        }

        return four;
    }

    // Shorter columns repeat a tap of theirs with a weight of zero; where there are fewer than four channels the last one is repeated, and not stored again.
    private Member Merge(List<Row> rows)
    {
        int[] steps = [.. Enumerable.Range(0, columns).Select(c => rows.Max(r => r.Taps[c].Count))];
        var offsets = new List<int>();
        var weights = new List<float>();
        for (int c = 0; c < columns; c++)
        {
            int any = rows.SelectMany(r => r.Taps[c]).Select(t => t.Offset).FirstOrDefault();
            for (int s = 0; s < steps[c]; s++)
            {
                for (int i = 0; i < Together; i++)
                {
                    List<(int Offset, float Weight)> taps = i < rows.Count ? rows[i].Taps[c] : [];
                    offsets.Add(s < taps.Count ? taps[s].Offset : taps.Count > 0 ? taps[^1].Offset : any);
                    weights.Add(s < taps.Count ? taps[s].Weight : 0);
                }
            }
        }

        return new Member([.. Enumerable.Range(0, Together).Select(i => rows[Math.Min(i, rows.Count - 1)].Channel)], steps, offsets, weights);
    }

    private sealed record Block(List<Member> Members);

    private sealed record Row(int Channel, List<(int Offset, float Weight)>[] Taps);

    private sealed record Member(int[] Channels, int[] Steps, List<int> Offsets, List<float> Weights);
}
