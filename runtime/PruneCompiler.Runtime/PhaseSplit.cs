using System;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>
/// Splits rows by column for a convolution with a horizontal stride s: phase p holds columns p, p + s, p + 2s ... side by side, so that the
/// convolution's taps read neighbouring pixels again.
/// </summary>
internal static unsafe class PhaseSplit
{
    /// <summary>Splits every row of every channel. Reads and writes exactly the given lengths. All steps are in elements.</summary>
    /// <param name="images">Images (times planes where both step alike).</param>
    /// <param name="rows">Rows of each image to split.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="width">Real pixels in an input row.</param>
    /// <param name="stride">Horizontal stride s, at least 2.</param>
    /// <param name="phases">Phases to write, from 0 on: s, or fewer where the kernel reads no others (1 for a 1x1 kernel without padding).</param>
    /// <param name="input">Column 0 of channel 0 of the first row.</param>
    /// <param name="inputImage">Input step for the next image.</param>
    /// <param name="inputRow">Input step for the next row to split.</param>
    /// <param name="inputChannel">Input step for the next channel.</param>
    /// <param name="output">Column 0 of phase 0 of channel 0 of the first row; must not overlap the input.</param>
    /// <param name="outputImage">Output step for the next image.</param>
    /// <param name="outputRow">Output step for the next row.</param>
    /// <param name="outputChannel">Output step for the next channel.</param>
    /// <param name="outputPhase">Output step for the next phase.</param>
    /// <param name="length">Elements written for each phase of a row: at least ceil(width / s); what lies beyond the pixels is zero.</param>
    public static void Run(
        int images,
        int rows,
        int channels,
        int width,
        int stride,
        int phases,
        float* input,
        nint inputImage,
        nint inputRow,
        nint inputChannel,
        float* output,
        nint outputImage,
        nint outputRow,
        nint outputChannel,
        nint outputPhase,
        int length)
    {
        for (int n = 0; n < images; n++)
        {
            for (int y = 0; y < rows; y++)
            {
                for (int c = 0; c < channels; c++)
                {
                    float* from = input + (n * inputImage) + (y * inputRow) + (c * inputChannel);
                    float* to = output + (n * outputImage) + (y * outputRow) + (c * outputChannel);
                    int done = stride != 2 ? 0 : phases == 2 ? Both(from, to, to + outputPhase, width) : Even(from, to, width);
                    for (int p = 0; p < phases; p++)
                    {
                        // (width - p + stride - 1) / stride is the number of columns j with j * stride + p < width.
                        int count = (width - p + stride - 1) / stride, j = done;
                        float* phase = to + (p * outputPhase);
                        for (; j < count; j++)
                        {
                            phase[j] = from[((nint)j * stride) + p];
                        }

                        new Span<float>(phase + j, length - j).Clear();
                    }
                }
            }
        }
    }

    // Both phases of stride 2 for whole vectors; returns how many columns of each phase are done. Every load ends at or before the width.
    private static int Both(float* from, float* even, float* odd, int width)
    {
        int j = 0;
        if (Avx512F.IsSupported)
        {
            Vector512<int> evens = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            for (; (2 * j) + 32 <= width; j += 16)
            {
                Vector512<float> a = *(Vector512<float>*)(from + (2 * j)), b = *(Vector512<float>*)(from + (2 * j) + 16);
                *(Vector512<float>*)(even + j) = Avx512F.PermuteVar16x32x2(a, evens, b);
                *(Vector512<float>*)(odd + j) = Avx512F.PermuteVar16x32x2(a, evens + Vector512<int>.One, b);
            }
        }

        for (; (2 * j) + 8 <= width; j += 4)
        {
            Vector128<float> a = *(Vector128<float>*)(from + (2 * j)), b = *(Vector128<float>*)(from + (2 * j) + 4);
            *(Vector128<float>*)(even + j) = Evens(a, b);
            *(Vector128<float>*)(odd + j) = Sse.IsSupported ? Sse.Shuffle(a, b, 0xDD)
                : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.UnzipOdd(a, b)
                : Vector128.Create(a.GetElement(1), a.GetElement(3), b.GetElement(1), b.GetElement(3));
        }

        return j;
    }

    // Phase 0 of stride 2 alone.
    private static int Even(float* from, float* even, int width)
    {
        int j = 0;
        if (Avx512F.IsSupported)
        {
            Vector512<int> evens = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            for (; (2 * j) + 32 <= width; j += 16)
            {
                *(Vector512<float>*)(even + j) = Avx512F.PermuteVar16x32x2(*(Vector512<float>*)(from + (2 * j)), evens, *(Vector512<float>*)(from + (2 * j) + 16));
            }
        }

        for (; (2 * j) + 8 <= width; j += 4)
        {
            *(Vector128<float>*)(even + j) = Evens(*(Vector128<float>*)(from + (2 * j)), *(Vector128<float>*)(from + (2 * j) + 4));
        }

        return j;
    }

    private static Vector128<float> Evens(Vector128<float> a, Vector128<float> b)
        => Sse.IsSupported ? Sse.Shuffle(a, b, 0x88)
            : AdvSimd.Arm64.IsSupported ? AdvSimd.Arm64.UnzipEven(a, b)
            : Vector128.Create(a.GetElement(0), a.GetElement(2), b.GetElement(0), b.GetElement(2));
}
