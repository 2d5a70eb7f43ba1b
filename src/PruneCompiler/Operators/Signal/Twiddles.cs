namespace PruneCompiler.Operators;

/// <summary>The roots of unity that Fourier transforms need.</summary>
internal static class Twiddles
{
    /// <summary>cos and sin of 2πk / n for k below n, interleaved.</summary>
    public static float[] Of(int n)
    {
        var result = new float[2 * n];
        for (int k = 0; k < n; k++)
        {
            (result[(2 * k) + 1], result[2 * k]) = ((float)Math.Sin(2 * Math.PI * k / n), (float)Math.Cos(2 * Math.PI * k / n));
        }

        return result;
    }
}
