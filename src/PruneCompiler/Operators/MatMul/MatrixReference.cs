using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Matrix products by their definition: floats are summed in double, integers wrap.</summary>
internal static class MatrixReference
{
    /// <summary>The product of [m, k] and [k, n] matrices at the given starts, written row-major.</summary>
    /// <param name="a">First operand: element (i, p) at aStart + i * aRow + p * aColumn.</param>
    /// <param name="b">Second operand, row-major [k, n].</param>
    /// <param name="y">Result at yStart, row-major.</param>
    public static void Multiply(ReadOnlySpan<double> a, int aRow, int aColumn, ReadOnlySpan<double> b, Span<double> y, int m, int k, int n)
    {
        for (int i = 0; i < m; i++)
        {
            Span<double> row = y.Slice(i * n, n);
            for (int p = 0; p < k; p++)
            {
                double factor = a[(i * aRow) + (p * aColumn)];
                ReadOnlySpan<double> from = b.Slice(p * n, n);
                for (int j = 0; j < row.Length; j++)
                {
                    row[j] += factor * from[j];
                }
            }
        }
    }

    /// <inheritdoc cref="Multiply(ReadOnlySpan{double}, int, int, ReadOnlySpan{double}, Span{double}, int, int, int)"/>
    public static void Multiply(ReadOnlySpan<long> a, int aRow, int aColumn, ReadOnlySpan<long> b, Span<long> y, int m, int k, int n)
    {
        for (int i = 0; i < m; i++)
        {
            Span<long> row = y.Slice(i * n, n);
            for (int p = 0; p < k; p++)
            {
                long factor = a[(i * aRow) + (p * aColumn)];
                ReadOnlySpan<long> from = b.Slice(p * n, n);
                for (int j = 0; j < row.Length; j++)
                {
                    row[j] = unchecked(row[j] + (factor * from[j]));
                }
            }
        }
    }

    /// <summary>A [rows, columns] matrix transposed.</summary>
    public static T[] Transpose<T>(T[] matrix, int rows, int columns)
    {
        var result = new T[matrix.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
            {
                result[(j * rows) + i] = matrix[(i * columns) + j];
            }
        }

        return result;
    }

    /// <summary>Adds scale * addend, broadcast to the shape of the sums.</summary>
    public static void Add(double[] sums, Shape shape, Tensor addend, double scale)
    {
        double[] values = WholeTensors.Doubles(addend);
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += scale * values[BroadcastIndex(shape, addend.Shape, i)];
        }
    }

    private static int BroadcastIndex(Shape shape, Shape operand, int index)
    {
        int result = 0, step = 1;
        for (int axis = shape.Rank - 1; axis >= 0; axis--)
        {
            int at = index % shape[axis], own = axis - shape.Rank + operand.Rank;
            index /= shape[axis];
            if (own >= 0)
            {
                result += operand[own] == 1 ? 0 : at * step;
                step *= operand[own];
            }
        }

        return result;
    }
}
