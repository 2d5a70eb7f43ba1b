using System.Runtime.InteropServices;

namespace PruneCompiler.Report;

/// <summary>A layer's weights as a matrix [filter][input and kernel position], without the rows and columns that are zero throughout.</summary>
internal sealed class LiveMatrix
{
    public LiveMatrix(WeightMatrix w)
    {
        Taps = w.Taps;
        int columns = w.Inputs * w.Taps;
        var rowAlive = new bool[w.Outputs];
        var columnAlive = new bool[columns];
        for (int r = 0; r < w.Outputs; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                if (w.Values[(r * columns) + c] != 0)
                {
                    rowAlive[r] = columnAlive[c] = true;
                }
            }
        }

        RowOf = Indices(rowAlive);
        ColumnOf = Indices(columnAlive);
        LiveInputs = ColumnOf.Select(c => c / Math.Max(1, w.Taps)).Distinct().Count();
        Values = new float[RowOf.Length * ColumnOf.Length];
        for (int r = 0; r < RowOf.Length; r++)
        {
            for (int c = 0; c < ColumnOf.Length; c++)
            {
                Values[(r * ColumnOf.Length) + c] = w.Values[(RowOf[r] * columns) + ColumnOf[c]];
            }
        }
    }

    /// <summary>Kernel positions per input channel.</summary>
    public int Taps { get; }

    /// <summary>Original row of each live row.</summary>
    public int[] RowOf { get; }

    /// <summary>Original column of each live column.</summary>
    public int[] ColumnOf { get; }

    /// <summary>Input channels with at least one weight.</summary>
    public int LiveInputs { get; }

    /// <summary>[live row][live column].</summary>
    public float[] Values { get; }

    public int Rows => RowOf.Length;

    public int Columns => ColumnOf.Length;

    /// <summary>Rows that are equal to an earlier one.</summary>
    public int RepeatedRows()
    {
        var seen = new Dictionary<int, List<int>>();
        int repeated = 0;
        for (int r = 0; r < Rows; r++)
        {
            ReadOnlySpan<float> row = Values.AsSpan(r * Columns, Columns);
            var hash = default(HashCode);
            hash.AddBytes(MemoryMarshal.AsBytes(row));
            List<int> same = CollectionsMarshal.GetValueRefOrAddDefault(seen, hash.ToHashCode(), out _) ??= [];
            bool found = false;
            foreach (int earlier in same)
            {
                found |= row.SequenceEqual(Values.AsSpan(earlier * Columns, Columns));
            }

            repeated += found ? 1 : 0;
            same.Add(r);
        }

        return repeated;
    }

    private static int[] Indices(bool[] alive) => Enumerable.Range(0, alive.Length).Where(i => alive[i]).ToArray();
}
