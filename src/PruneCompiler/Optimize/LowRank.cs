using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Optimize;

/// <summary>Two factors of a matrix of low rank that was stored full.</summary>
/// <param name="Left">[rows][rank].</param>
/// <param name="Right">[rank][columns], rows orthonormal before they were rounded to float.</param>
/// <param name="Rank">The rank.</param>
internal sealed record LowRank(float[] Left, float[] Right, int Rank)
{
    // The factors must hold fewer numbers than the matrix has weights that are not zero, by what a second layer costs beside its products.
    private const double LargestShare = 0.7;
    private const int SmallestSide = 8;

    // Larger ranks are not looked for: the sample's elimination takes its side cubed, all of it where there is no low rank.
    private const int LargestSample = 384;

    // Multiply-adds that computing the factors may take.
    private const double MostWork = 1e10;

    // Where elimination has used up the rank, what is left of weights that were rounded to float lies below this share of the first pivot.
    private const double PivotTolerance = 1e-5;

    // What the product of the factors may differ by, in float ulps of the largest weight of the row: rounding the two factors leaves about one, and as much may lie in weights that were multiplied out in float.
    private const double MostUlps = 4;
    private const double Ulp = 1.0 / (1 << 23);

    /// <summary>Factors the matrix; null unless each row is their product up to float rounding and they are smaller.</summary>
    /// <param name="weights">[rows][columns].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    public static LowRank? Find(float[] weights, int rows, int columns)
    {
        if (Math.Min(rows, columns) < SmallestSide)
        {
            return null;
        }

        long kept = weights.LongLength - weights.AsSpan().Count(0f);
        int limit = (int)Math.Min(LargestSample - 1, LargestShare * kept / (rows + columns));
        if (limit < 1)
        {
            return null;
        }

        // Any part of a matrix of rank r has at most rank r: one of more rows and columns tells nearly all other matrices apart at a small part of the work.
        int side = limit + 1;
        var random = new Random(1);
        int[] someRows = Choose(random, rows, side), someColumns = Choose(random, columns, side);
        double[][] sample = Array.ConvertAll(someRows, r => Array.ConvertAll(someColumns, c => (double)weights[(r * columns) + c]));
        if (!sample.All(row => row.All(double.IsFinite)))
        {
            return null;
        }

        List<int> pivots = PivotRows(sample);
        if (pivots.Count == 0 || pivots.Count > limit || 3.0 * weights.LongLength * pivots.Count > MostWork || !weights.All(float.IsFinite))
        {
            return null;
        }

        // Rows of the sample span all rows, but carry their rounding; the rows as the columns' space sees them average it.
        double[][] matrix = [.. Enumerable.Range(0, rows).Select(r => Doubles(weights.AsSpan(r * columns, columns)))];
        double[][] basis = Orthonormal([.. pivots.Select(p => matrix[someRows[p]].ToArray())]);
        double[][] images = Orthonormal([.. basis.Select(b => Array.ConvertAll(matrix, row => Dot(row, b)))]);
        basis = Orthonormal([.. images.Select(image => Combine(matrix, image))]);
        return basis.Length == 0 ? null : Project(matrix, columns, basis);
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        double[] result = new double[values.Length];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = values[i];
        }

        return result;
    }

    private static int[] Choose(Random random, int of, int count)
    {
        int[] all = [.. Enumerable.Range(0, of)];
        for (int i = 0; i < count; i++)
        {
            int other = random.Next(i, of);
            (all[i], all[other]) = (all[other], all[i]);
        }

        return all[..count];
    }

    // Gaussian elimination with full pivoting: the rows of the pivots, until what is left is rounding.
    private static List<int> PivotRows(double[][] a)
    {
        var pivots = new List<int>();
        double[] swapped = new double[a.Length];
        double[] largest = Array.ConvertAll(a, row => Largest(row));
        double least = largest.Max() * PivotTolerance;
        for (int width = a.Length - 1; width >= 0; width--)
        {
            int best = Array.IndexOf(largest, largest.Max());
            if (largest[best] <= least)
            {
                break;
            }

            double[] from = a[best];
            int column = Array.FindIndex(from, v => Math.Abs(v) == largest[best]);
            from.CopyTo(swapped, 0);
            swapped[column] = from[width];
            pivots.Add(best);
            largest[best] = -1;
            for (int r = 0; r < a.Length; r++)
            {
                // The pivot's column changes places with the last one, which is of no more account.
                double[] row = a[r];
                double factor = row[column] / from[column];
                if (largest[r] >= 0)
                {
                    row[column] = row[width];
                    if (factor != 0)
                    {
                        Subtract(row.AsSpan(0, width), swapped.AsSpan(0, width), factor);
                    }

                    largest[r] = Largest(row.AsSpan(0, width));
                }
            }
        }

        return pivots;
    }

    // Gram and Schmidt, twice for accuracy; rows that depend on others are left out.
    private static double[][] Orthonormal(double[][] rows)
    {
        var basis = new List<double[]>();
        foreach (double[] row in rows)
        {
            double before = Math.Sqrt(Dot(row, row));
            for (int pass = 0; pass < 2; pass++)
            {
                foreach (double[] other in basis)
                {
                    Subtract(row, other, Dot(row, other));
                }
            }

            double length = Math.Sqrt(Dot(row, row));
            if (length > PivotTolerance * before)
            {
                basis.Add(Array.ConvertAll(row, v => v / length));
            }
        }

        return [.. basis];
    }

    private static double[] Combine(double[][] rows, double[] factors)
    {
        double[] sum = new double[rows[0].Length];
        for (int r = 0; r < rows.Length; r++)
        {
            Subtract(sum, rows[r], -factors[r]);
        }

        return sum;
    }

    private static LowRank? Project(double[][] matrix, int columns, double[][] basis)
    {
        int rank = basis.Length;
        float[] left = new float[matrix.Length * rank], right = [.. basis.SelectMany(b => b.Select(v => (float)v))];
        double[][] rounded = Array.ConvertAll(basis, b => Array.ConvertAll(b, v => (double)(float)v));
        double[] rest = new double[columns];
        for (int r = 0; r < matrix.Length; r++)
        {
            matrix[r].CopyTo(rest, 0);
            for (int k = 0; k < rank; k++)
            {
                left[(r * rank) + k] = (float)Dot(matrix[r], basis[k]);
                Subtract(rest, rounded[k], left[(r * rank) + k]);
            }

            if (Largest(rest) > MostUlps * Ulp * Largest(matrix[r]))
            {
                return null;
            }
        }

        return new LowRank(left, right, rank);
    }

    // Sixteen sums in a fixed order: the factors must not depend on the width of the vectors of the machine that compiles.
    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        ReadOnlySpan<Vector256<double>> x = MemoryMarshal.Cast<double, Vector256<double>>(a), y = MemoryMarshal.Cast<double, Vector256<double>>(b)[..x.Length];
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        int i = 0;
        for (; i <= x.Length - 4; i += 4)
        {
            s0 += x[i] * y[i];
            s1 += x[i + 1] * y[i + 1];
            s2 += x[i + 2] * y[i + 2];
            s3 += x[i + 3] * y[i + 3];
        }

        for (; i < x.Length; i++)
        {
            s0 += x[i] * y[i];
        }

        s0 += s1 + (s2 + s3);
        double sum = s0[0] + s0[1] + (s0[2] + s0[3]);
        for (i = x.Length * Vector256<double>.Count; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    // Element by element, so that the width of vectors makes no difference.
    private static void Subtract(Span<double> from, ReadOnlySpan<double> what, double factor)
    {
        Span<Vector<double>> x = MemoryMarshal.Cast<double, Vector<double>>(from);
        ReadOnlySpan<Vector<double>> y = MemoryMarshal.Cast<double, Vector<double>>(what)[..x.Length];
        var factors = new Vector<double>(factor);
        for (int i = 0; i < x.Length; i++)
        {
            x[i] -= factors * y[i];
        }

        for (int i = x.Length * Vector<double>.Count; i < from.Length; i++)
        {
            from[i] -= factor * what[i];
        }
    }

    private static double Largest(ReadOnlySpan<double> values)
    {
        double result = 0;
        Vector<double> largest = default;
        ReadOnlySpan<Vector<double>> x = MemoryMarshal.Cast<double, Vector<double>>(values);
        for (int i = 0; i < x.Length; i++)
        {
            largest = Vector.ConditionalSelect(Vector.GreaterThan(Vector.Abs(x[i]), largest), Vector.Abs(x[i]), largest);
        }

        for (int lane = 0; lane < Vector<double>.Count; lane++)
        {
            result = Math.Max(result, largest[lane]);
        }

        for (int i = x.Length * Vector<double>.Count; i < values.Length; i++)
        {
            result = Math.Max(result, Math.Abs(values[i]));
        }

        return result;
    }
}
