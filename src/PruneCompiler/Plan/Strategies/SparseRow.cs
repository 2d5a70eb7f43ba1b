namespace PruneCompiler.Plan.Strategies;

/// <summary>Where the weights of a matrix are.</summary>
internal static class SparseRow
{
    /// <summary>For each row the columns, ascending, whose value is not 0 (NaN counts as a value).</summary>
    /// <param name="weights">The matrix, row-major [rows][columns].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    public static int[][] Of(ReadOnlySpan<float> weights, int rows, int columns)
    {
        var found = new int[rows][];
        var buffer = new int[columns];
        for (var r = 0; r < rows; r++)
        {
            var row = weights.Slice(r * columns, columns);
            var count = 0;
            for (var c = 0; c < columns; c++)
            {
                if (row[c] != 0f)
                {
                    buffer[count++] = c;
                }
            }

            found[r] = buffer[..count];
        }

        return found;
    }
}
