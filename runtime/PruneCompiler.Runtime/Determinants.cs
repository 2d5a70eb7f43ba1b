using System;

namespace PruneCompiler.Runtime;

/// <summary>Determinants of square matrices (ONNX Det).</summary>
internal static unsafe class Determinants
{
    /// <summary>Gaussian elimination with partial pivoting, in double precision.</summary>
    /// <param name="input">[batch, n, n].</param>
    /// <param name="output">[batch].</param>
    /// <param name="work">n * n doubles.</param>
    /// <param name="batch">Number of matrices.</param>
    /// <param name="n">Rows and columns.</param>
    public static void Run(float* input, float* output, double* work, long batch, int n)
    {
        for (long b = 0; b < batch; b++)
        {
            for (long i = 0; i < (long)n * n; i++)
            {
                work[i] = *input++;
            }

            output[b] = (float)Eliminate(work, n);
        }
    }

    private static double Eliminate(double* a, int n)
    {
        double product = 1;
        for (int k = 0; k < n; k++)
        {
            int pivot = k;
            for (int row = k + 1; row < n; row++)
            {
                pivot = Math.Abs(a[((long)row * n) + k]) > Math.Abs(a[((long)pivot * n) + k]) ? row : pivot;
            }

            double* top = a + ((long)k * n), other = a + ((long)pivot * n);
            if (pivot != k)
            {
                product = -product;
                for (int column = k; column < n; column++)
                {
                    (top[column], other[column]) = (other[column], top[column]);
                }
            }

            product *= top[k];
            if (top[k] == 0)
            {
                return 0;
            }

            for (int row = k + 1; row < n; row++)
            {
                double* line = a + ((long)row * n);
                double factor = line[k] / top[k];
                for (int column = k + 1; column < n; column++)
                {
                    line[column] -= factor * top[column];
                }
            }
        }

        return product;
    }
}
