namespace PruneCompiler.Report;

/// <summary>The rank of small weight matrices, by elimination with full pivoting.</summary>
internal static class RankTest
{
    // Time is weights times the smaller side; larger layers are left out.
    private const int LargestSide = 128;
    private const int MostWeights = 1 << 17;

    // Rounding of float32 weights that were multiplied out from two factors.
    private const double Tolerance = 1e-5;

    /// <summary>The rank where two factors of it would hold fewer numbers than there are weights; else null.</summary>
    public static int? Rank(LiveMatrix m, long nonZeros)
    {
        int smaller = Math.Min(m.Rows, m.Columns);
        if (smaller < 8 || smaller > LargestSide || m.Values.Length > MostWeights)
        {
            return null;
        }

        int limit = (int)((nonZeros - 1) / (m.Rows + m.Columns)); // a higher rank does not pay
        double[] a = Array.ConvertAll(m.Values, v => (double)v);
        double threshold = Tolerance * a.Max(Math.Abs);
        var free = Enumerable.Range(0, m.Rows).ToList();
        for (int rank = 0; rank <= limit; rank++)
        {
            (int row, int column, double pivot) = Largest(a, m.Columns, free);
            if (Math.Abs(pivot) <= threshold)
            {
                return rank;
            }

            free.Remove(row);
            foreach (int other in free)
            {
                double factor = a[(other * m.Columns) + column] / pivot;
                for (int c = 0; factor != 0 && c < m.Columns; c++)
                {
                    a[(other * m.Columns) + c] -= factor * a[(row * m.Columns) + c];
                }
            }
        }

        return null;
    }

    private static (int Row, int Column, double Value) Largest(double[] a, int columns, List<int> rows)
    {
        (int Row, int Column, double Value) best = (0, 0, 0);
        foreach (int r in rows)
        {
            for (int c = 0; c < columns; c++)
            {
                if (Math.Abs(a[(r * columns) + c]) > Math.Abs(best.Value))
                {
                    best = (r, c, a[(r * columns) + c]);
                }
            }
        }

        return best;
    }
}
