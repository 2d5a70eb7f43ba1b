using PruneCompiler.Plan.Cost;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies.IntegerSparse;

/// <summary>A tile of planes that sparse rows walk, see the runtime's IntegerPlanes.</summary>
/// <param name="Rows">Output rows.</param>
/// <param name="Columns">Pixels of them.</param>
/// <param name="Pitch">Positions from row to row.</param>
/// <param name="Plane">Bytes from channel to channel.</param>
/// <param name="Channels">Channels, rounded up.</param>
/// <param name="Phases">Rows and columns by phase of the stride.</param>
/// <param name="Cycles">Predicted for the whole layer.</param>
internal sealed record PlaneTile(int Rows, int Columns, int Pitch, int Plane, int Channels, IReadOnlyList<IntegerPhase> Phases, double Cycles)
{
    // What stays in the first-level cache beside weights and results; beyond it loads take longer, and beyond 64 KB offsets are twice as long.
    private const int NearBytes = 40 << 10, MiddleBytes = 64 << 10;
    private const double MiddleFactor = 1.15, FarFactor = 1.35;

    // Half the positions take more than half the time.
    private const double ShortShare = 0.6;

    /// <summary>Bytes of memory for it: kernels read whole vectors behind the last position.</summary>
    public int Bytes => (Channels * Plane) + IntegerQuads.Long;

    /// <summary>The tile that is predicted to take the least time.</summary>
    public static PlaneTile Choose(IntegerTaps taps, CostTarget target)
    {
        var phases = new SortedDictionary<(int Y, int X), (int Y, int X)>();
        long quads = 0;
        foreach (IReadOnlyList<IntegerTap> filter in taps.Filters)
        {
            foreach (IntegerTap tap in filter)
            {
                (int phaseY, int phaseX, int shiftY, int shiftX) = taps.Place(tap);
                (int moreY, int moreX) = phases.GetValueOrDefault((phaseY, phaseX));
                phases[(phaseY, phaseX)] = (Math.Max(moreY, shiftY), Math.Max(moreX, shiftX));
            }

            quads += (filter.Count + 3) / 4;
        }

        PlaneTile? best = null;
        foreach ((int rows, int columns) in Sizes(taps))
        {
            PlaneTile tile = Of(taps, phases, rows, columns, quads, target);
            if (((rows - 1) * tile.Pitch) + columns <= Runtime.IntegerSparse.MostPositions - ByteTurn.Side && (best is null || tile.Cycles < best.Cycles))
            {
                best = tile;
            }
        }

        return best!;
    }

    /// <summary>Where a tap lies in the tile.</summary>
    public int Offset(IntegerTaps taps, IntegerTap tap)
    {
        (int phaseY, int phaseX, int shiftY, int shiftX) = taps.Place(tap);
        return (tap.Channel * Plane) + Phases.First(p => p.Y == phaseY && p.X == phaseX).Place + (shiftY * Pitch) + shiftX;
    }

    // Whole rows, or runs of a row.
    private static IEnumerable<(int Rows, int Columns)> Sizes(IntegerTaps taps)
    {
        for (int columns = IntegerQuads.Long; columns < Math.Min(taps.Width, 9 * IntegerQuads.Long); columns += IntegerQuads.Long)
        {
            yield return (1, columns);
        }

        for (int rows = 1; rows <= taps.Rows && (rows == 1 || rows * taps.Width < Runtime.IntegerSparse.MostPositions); rows++)
        {
            if (taps.Width < Runtime.IntegerSparse.MostPositions / 2)
            {
                yield return (rows, taps.Width);
            }
        }
    }

    private static PlaneTile Of(IntegerTaps taps, SortedDictionary<(int Y, int X), (int Y, int X)> shifts, int rows, int columns, long quads, CostTarget target)
    {
        int pitch = columns + shifts.Values.Select(s => s.X).DefaultIfEmpty().Max(), place = 0;
        var phases = new List<IntegerPhase>();
        foreach (((int y, int x), (int moreY, int moreX)) in shifts)
        {
            long source = ((y - taps.Pads.Y) * taps.Row) + ((x - taps.Pads.X) * taps.Pixel);
            phases.Add(new IntegerPhase(y, x, checked((int)source), place, moreY, moreX));
            place += (rows + moreY) * pitch;
        }

        // What a row shorter than a block writes behind its end belongs to its plane.
        int plane = Math.Max(ByteTurn.Side, (place + Math.Max(0, ByteTurn.Side - pitch) + ByteTurn.Side - 1) / ByteTurn.Side * ByteTurn.Side);
        int channels = (taps.Channels + ByteTurn.Side - 1) / ByteTurn.Side * ByteTurn.Side, outputs = (taps.Filters.Count + ByteTurn.Side - 1) / ByteTurn.Side * ByteTurn.Side;
        long size = (long)channels * plane;
        double tap = target.ByteQuad * quads * (size > MiddleBytes ? FarFactor : size > NearBytes ? MiddleFactor : 1), end = target.ByteRow * taps.Filters.Count, cycles = 0;
        for (int row = 0; row < taps.Rows; row += rows)
        {
            int tall = Math.Min(rows, taps.Rows - row);
            (int whole, int rest) = (taps.Width / columns, taps.Width % columns);
            cycles += (whole * Cycles(columns)) + (rest > 0 ? Cycles(rest) : 0);

            double Cycles(int wide)
            {
                int positions = ((tall - 1) * pitch) + wide, left = positions % IntegerQuads.Long;
                double steps = (positions / IntegerQuads.Long) + (left == 0 ? 0 : left <= IntegerQuads.Long / 2 ? ShortShare : 1);
                double turned = phases.Sum(p => (double)(tall + p.MoreRows) * Math.Max(ByteTurn.Side, wide + p.MoreColumns)) * channels;
                return (steps * (tap + end)) + (target.ByteTurn * (turned + ((double)positions * outputs)));
            }
        }

        return new PlaneTile(rows, columns, pitch, plane, channels, phases, cycles * taps.Images);
    }
}

/// <summary>The rows and columns of an input that some kernel rows and columns meet with a stride.</summary>
/// <param name="Y">Which rows.</param>
/// <param name="X">Which columns.</param>
/// <param name="Source">Bytes from an output pixel's place in the input to its first pixel.</param>
/// <param name="Place">Its first position in the plane.</param>
/// <param name="MoreRows">Rows more than the output's.</param>
/// <param name="MoreColumns">Columns more than the output's.</param>
internal sealed record IntegerPhase(int Y, int X, int Source, int Place, int MoreRows, int MoreColumns);
