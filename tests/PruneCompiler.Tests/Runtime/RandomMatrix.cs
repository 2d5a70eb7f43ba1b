namespace PruneCompiler.Tests.Runtime;

/// <summary>Seeded data, and the plain double-precision product that kernels are held against.</summary>
internal static class RandomMatrix
{
    public static float[] Values(Random random, int count, double zeros = 0)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            values[i] = random.NextDouble() < zeros ? 0f : (float)((random.NextDouble() * 2) - 1);
        }

        return values;
    }

    /// <summary>C[m, n] = clamp(sum over k of A[m, k] B[k, n] + bias[n] + residual[m, n]).</summary>
    public static float[] Multiply(
        ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> bias, ReadOnlySpan<float> residual, int m, int k, int n, float lo, float hi)
    {
        var c = new float[m * n];
        for (var i = 0; i < m; i++)
        {
            for (var j = 0; j < n; j++)
            {
                var sum = (bias.IsEmpty ? 0.0 : bias[j]) + (residual.IsEmpty ? 0.0 : residual[(i * n) + j]);
                for (var p = 0; p < k; p++)
                {
                    sum += (double)a[(i * k) + p] * b[(p * n) + j];
                }

                c[(i * n) + j] = (float)Math.Clamp(sum, lo, hi);
            }
        }

        return c;
    }

    /// <summary>The same matrix with rows as columns.</summary>
    public static float[] Transpose(ReadOnlySpan<float> a, int rows, int columns)
    {
        var t = new float[a.Length];
        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
            {
                t[(c * rows) + r] = a[(r * columns) + c];
            }
        }

        return t;
    }

    /// <summary>Fails where any value is off by more than the rounding of sums of so many terms of about 1.</summary>
    public static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> got, int terms, string what)
    {
        Assert.Equal(expected.Length, got.Length);
        var tolerance = 2e-7 * (8 + terms);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - got[i]) <= tolerance, $"{what}: value {i} is {got[i]}, expected {expected[i]}");
        }
    }
}
