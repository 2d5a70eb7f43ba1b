namespace PruneCompiler.Report;

/// <summary>Zeros that come in blocks, or N to M neighbours.</summary>
internal static class BlockTest
{
    // Blocks are taken as found when they hold hardly any zero that a smaller block would have left out.
    private const double Waste = 1.05;

    /// <summary>The largest block that the weights other than zero fill.</summary>
    public static (int Rows, int Columns)? Block(LiveMatrix m)
    {
        long nonZeros = m.Values.LongCount(v => v != 0);
        (int Rows, int Columns)? best = null;
        foreach (int rows in new[] { 1, 2, 4, 8, 16 })
        {
            foreach (int columns in new[] { 1, 2, 4, 8, 16 })
            {
                bool larger = rows * columns >= 4 && (best is null || rows * columns > best.Value.Rows * best.Value.Columns);
                if (larger && m.Rows >= 2 * rows && m.Columns >= 2 * columns && Covered(m, rows, columns) <= nonZeros * Waste)
                {
                    best = (rows, columns);
                }
            }
        }

        return best;
    }

    /// <summary>The N:M ratio that explains the zeros: no group of M has more than N weights, and most groups have N.</summary>
    public static (int N, int M)? Ratio(WeightMatrix w)
    {
        foreach (int m in new[] { 2, 4, 8, 16 })
        {
            if (w.Inputs < 2 * m || w.Inputs % m != 0)
            {
                continue;
            }

            int most = 0;
            long weights = 0, groups = 0;
            for (int o = 0; o < w.Outputs; o++)
            {
                long before = weights;
                for (int t = 0; t < w.Taps; t++)
                {
                    for (int i = 0; i < w.Inputs; i += m)
                    {
                        int count = 0;
                        for (int j = 0; j < m; j++)
                        {
                            count += w.Values[(((o * w.Inputs) + i + j) * w.Taps) + t] != 0 ? 1 : 0;
                        }

                        most = Math.Max(most, count);
                        weights += count;
                    }
                }

                groups += weights > before ? w.Taps * w.Inputs / m : 0; // filters that are gone say nothing
            }

            if (most > 0 && most <= m / 2 && weights >= 0.85 * most * groups)
            {
                return (most, m);
            }
        }

        return null;
    }

    private static long Covered(LiveMatrix m, int rows, int columns)
    {
        long covered = 0;
        for (int r = 0; r < m.Rows; r += rows)
        {
            int height = Math.Min(rows, m.Rows - r);
            for (int c = 0; c < m.Columns; c += columns)
            {
                int width = Math.Min(columns, m.Columns - c);
                bool any = false;
                for (int y = r; y < r + height && !any; y++)
                {
                    any = m.Values.AsSpan((y * m.Columns) + c, width).IndexOfAnyExcept(0f) >= 0;
                }

                covered += any ? (long)height * width : 0;
            }
        }

        return covered;
    }
}
