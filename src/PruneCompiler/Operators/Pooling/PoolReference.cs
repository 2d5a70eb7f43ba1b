using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Pools by their definition: visits the pixels of each window.</summary>
internal static class PoolReference
{
    /// <summary>What a window's pixels are folded into.</summary>
    /// <param name="Start">Value before the first pixel.</param>
    /// <param name="Fold">Next value from the value so far, a pixel, and the pixel's index in its plane.</param>
    /// <param name="Finish">Result from the value and the number of positions that the window covers: of pixels, and of pixels and padding.</param>
    public sealed record Fold(double Start, Func<double, double, int, double> Next, Func<double, int, int, double> Finish);

    /// <summary>Runs a pool over [N, C, spatial...].</summary>
    public static double[] Run(double[] pixels, int planes, SpatialWindow anyRank, Fold fold)
    {
        SpatialWindow window = anyRank.InThreeDimensions();
        int inputPlane = window.Input[0] * window.Input[1] * window.Input[2], outputPlane = (int)window.OutputPixels;
        var result = new double[planes * outputPlane];
        for (int plane = 0; plane < planes; plane++)
        {
            ReadOnlySpan<double> from = pixels.AsSpan(plane * inputPlane, inputPlane);
            for (int o = 0; o < outputPlane; o++)
            {
                int oz = o / (window.Output[1] * window.Output[2]), oy = o / window.Output[2] % window.Output[1], ox = o % window.Output[2];
                result[(plane * outputPlane) + o] = OneWindow(window, from, (oz, oy, ox), fold);
            }
        }

        return result;
    }

    private static double OneWindow(SpatialWindow window, ReadOnlySpan<double> from, (int Z, int Y, int X) at, Fold fold)
    {
        double value = fold.Start;
        int pixels = 0, padded = 0;
        for (int kz = 0; kz < window.Kernel[0]; kz++)
        {
            int z = (at.Z * window.Strides[0]) + (kz * window.Dilations[0]) - window.PadsBegin[0];
            for (int ky = 0; ky < window.Kernel[1]; ky++)
            {
                int y = (at.Y * window.Strides[1]) + (ky * window.Dilations[1]) - window.PadsBegin[1];
                for (int kx = 0; kx < window.Kernel[2]; kx++)
                {
                    int x = (at.X * window.Strides[2]) + (kx * window.Dilations[2]) - window.PadsBegin[2];
                    padded += z < window.Input[0] + window.PadsEnd[0] && y < window.Input[1] + window.PadsEnd[1] && x < window.Input[2] + window.PadsEnd[2] ? 1 : 0;
                    if ((uint)z < (uint)window.Input[0] && (uint)y < (uint)window.Input[1] && (uint)x < (uint)window.Input[2])
                    {
                        int index = (((z * window.Input[1]) + y) * window.Input[2]) + x;
                        value = fold.Next(value, from[index], index);
                        pixels++;
                    }
                }
            }
        }

        return fold.Finish(value, pixels, padded);
    }
}
