// needs: DenseGemm, DenseGemmPack
namespace PruneCompiler.Runtime;

/// <summary>Products of pairs of computed matrices.</summary>
internal static unsafe class BatchedGemm
{
    /// <summary>c = clamp(alpha * a * b + bias + residual) for each pair; b is packed where it changes from one pair to the next.</summary>
    /// <param name="a">Matrices of m * k elements.</param>
    /// <param name="b">Matrices of k * n elements.</param>
    /// <param name="c">[batches, m, n].</param>
    /// <param name="batchA">[batches] index of the matrix in a.</param>
    /// <param name="batchB">[batches] index of the matrix in b.</param>
    /// <param name="batches">Number of products.</param>
    /// <param name="m">Rows of the result.</param>
    /// <param name="n">Columns of the result.</param>
    /// <param name="k">Summed axis.</param>
    /// <param name="aRow">Elements from row to row in a.</param>
    /// <param name="aColumn">Elements from column to column in a.</param>
    /// <param name="bRow">Elements from row to row in b.</param>
    /// <param name="bColumn">Elements from column to column in b.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="columnBias">n floats, or null.</param>
    /// <param name="residual">[batches, m, n], or null.</param>
    /// <param name="lo">Lower bound of the result.</param>
    /// <param name="hi">Upper bound of the result.</param>
    /// <param name="packed">Room for packed b.</param>
    /// <param name="scratch">Room for the kernel.</param>
    public static void Run(
        float* a, float* b, float* c, int* batchA, int* batchB, int batches, int m, int n, int k, int aRow, int aColumn, int bRow, int bColumn, float alpha,
        float* columnBias, float* residual, float lo, float hi, float* packed, float* scratch)
    {
        for (int i = 0; i < batches; i++)
        {
            nint at = (nint)i * m * n;
            if (i == 0 || batchB[i] != batchB[i - 1])
            {
                DenseGemmPack.B(b + ((nint)batchB[i] * k * n), bRow, bColumn, k, n, packed);
            }

            DenseGemm.Run(
                a + ((nint)batchA[i] * m * k), aRow, aColumn, packed, c + at, n, m, n, k, alpha, columnBias, null, residual == null ? null : residual + at, n, lo, hi, scratch);
        }
    }
}
