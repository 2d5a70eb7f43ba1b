using System;

namespace PruneCompiler.Runtime;

/// <summary>Sampling grids from affine maps (ONNX AffineGrid).</summary>
internal static unsafe class AffineGrids
{
    /// <summary>grid[n, point] = theta[n] * (position of the point, 1).</summary>
    /// <param name="theta">[batch, r, r + 1] for r axes.</param>
    /// <param name="grid">[batch, sizes.., r]: positions from -1 to 1, innermost axis first.</param>
    /// <param name="batch">Number of maps.</param>
    /// <param name="sizes">Sizes of the two or three axes.</param>
    /// <param name="alignCorners">True when -1 and 1 are the centres of the outermost points, false when they are their outer edges.</param>
    public static void Run(float* theta, float* grid, int batch, ReadOnlySpan<int> sizes, bool alignCorners)
    {
        int r = sizes.Length;
        long points = 1;
        foreach (int size in sizes)
        {
            points *= size;
        }

        float* position = stackalloc float[4];
        for (int n = 0; n < batch; n++)
        {
            for (long p = 0; p < points; p++)
            {
                long rest = p;
                for (int axis = r - 1; axis >= 0; axis--)
                {
                    position[r - 1 - axis] = At((int)(rest % sizes[axis]), sizes[axis], alignCorners);
                    rest /= sizes[axis];
                }

                for (int i = 0; i < r; i++)
                {
                    float* row = theta + (i * (r + 1));
                    float sum = row[r];
                    for (int j = 0; j < r; j++)
                    {
                        sum += row[j] * position[j];
                    }

                    *grid++ = sum;
                }
            }

            theta += r * (r + 1);
        }
    }

    private static float At(int i, int size, bool alignCorners) =>
        alignCorners ? size == 1 ? 0 : (2f * i / (size - 1)) - 1 : (((2 * i) + 1f) / size) - 1;
}
