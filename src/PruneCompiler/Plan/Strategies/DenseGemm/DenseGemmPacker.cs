using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>A constant B of a matrix product in the order in which <see cref="DenseGemm"/> reads it.</summary>
internal static unsafe class DenseGemmPacker
{
    /// <summary>Packs B into [n / 16][k][16], the last panel filled up with zeros.</summary>
    /// <param name="b">B, row-major [k][n], or [n][k] where transposed.</param>
    /// <param name="k">Rows of B.</param>
    /// <param name="n">Columns of B.</param>
    /// <param name="transposed">True where b holds B with rows as columns (Gemm's transB).</param>
    public static float[] Pack(ReadOnlySpan<float> b, int k, int n, bool transposed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(b.Length, checked(k * n));
        var packed = new float[DenseGemmPack.BFloats(k, n)];
        fixed (float* from = b, to = packed)
        {
            DenseGemmPack.B(from, transposed ? 1 : n, transposed ? k : 1, k, n, to);
        }

        return packed;
    }
}
