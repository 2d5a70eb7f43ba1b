// needs: Elements, PlainConvolution
using System.Numerics;

namespace PruneCompiler.Runtime;

/// <summary>Matrix products one multiply-add after the other: for element types and shapes that no faster kernel serves.</summary>
internal static unsafe class PlainMatrix
{
    /// <summary>y = activation(alpha * a * b + beta * c + residual) for each of a number of pairs of matrices.</summary>
    /// <param name="a">Matrices of m * k elements.</param>
    /// <param name="b">Matrices of k * n elements.</param>
    /// <param name="c">The same for all batches; may be null.</param>
    /// <param name="residual">[batches, m, n]; may be null.</param>
    /// <param name="y">[batches, m, n].</param>
    /// <param name="batchA">[batches] index of the matrix in a.</param>
    /// <param name="batchB">[batches] index of the matrix in b.</param>
    /// <param name="batches">Number of products.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="k">Summed axis.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="aRow">Elements from row to row in a.</param>
    /// <param name="aColumn">Elements from column to column in a.</param>
    /// <param name="bRow">Elements from row to row in b.</param>
    /// <param name="bColumn">Elements from column to column in b.</param>
    /// <param name="cRow">Elements from row to row in c; 0 broadcasts.</param>
    /// <param name="cColumn">Elements from column to column in c; 0 broadcasts.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="beta">Factor of c.</param>
    /// <param name="slope">LeakyRelu's slope, 1 for none.</param>
    /// <param name="low">Lower bound of the result.</param>
    /// <param name="high">Upper bound of the result.</param>
    public static void Run<T, TSum, TE>(
        T* a, T* b, T* c, T* residual, T* y, int* batchA, int* batchB, int batches, int m, int k, int n, int aRow, int aColumn, int bRow, int bColumn,
        int cRow, int cColumn, float alpha, float beta, float slope, float low, float high)
        where T : unmanaged
        where TSum : unmanaged, INumber<TSum>
        where TE : struct, IElement<T, TSum>
    {
        for (int batch = 0; batch < batches; batch++)
        {
            T* first = a + ((nint)batchA[batch] * m * k);
            T* second = b + ((nint)batchB[batch] * k * n);
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < n; j++)
                {
                    T* left = first + ((nint)i * aRow), right = second + ((nint)j * bColumn);
                    TSum sum = TSum.Zero;
                    for (int p = 0; p < k; p++, left += aColumn, right += bRow)
                    {
                        sum += TE.Widen(*left) * TE.Widen(*right);
                    }

                    sum = Scale(sum, alpha);
                    if (c != null)
                    {
                        sum += Scale(TE.Widen(c[((nint)i * cRow) + ((nint)j * cColumn)]), beta);
                    }

                    nint at = (((nint)batch * m) + i) * n + j;
                    sum += residual == null ? TSum.Zero : TE.Widen(residual[at]);
                    y[at] = TE.Narrow(PlainConvolution.Activate(sum, slope, low, high));
                }
            }
        }
    }

    // Integers are scaled as doubles: a factor may be a fraction.
    private static TSum Scale<TSum>(TSum value, float factor)
        where TSum : unmanaged, INumber<TSum>
    {
        if (factor == 1f)
        {
            return value;
        }

        return typeof(TSum) == typeof(float) ? value * TSum.CreateTruncating(factor) : TSum.CreateTruncating(double.CreateTruncating(value) * factor);
    }
}
