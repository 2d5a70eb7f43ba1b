// needs: Simd
using System;

namespace PruneCompiler.Runtime;

/// <summary>Deformable convolution (ONNX DeformConv; Dai et al., 2017, and with a mask Zhu et al., 2019).</summary>
internal static unsafe class DeformedConv
{
    /// <summary>Each tap of each output pixel is sampled bilinearly at its own offset; what lies outside is zero.</summary>
    /// <param name="input">[batch, channels, height, width].</param>
    /// <param name="weights">[outChannels, channels / groups, kernelH, kernelW].</param>
    /// <param name="offset">[batch, offsetGroups * kernelH * kernelW * 2, outHeight, outWidth]: rows, then columns.</param>
    /// <param name="bias">[outChannels], or null.</param>
    /// <param name="mask">[batch, offsetGroups * kernelH * kernelW, outHeight, outWidth], or null.</param>
    /// <param name="output">[batch, outChannels, outHeight, outWidth].</param>
    /// <param name="work">channels * kernelH * kernelW floats.</param>
    /// <param name="batch">Batch elements.</param>
    /// <param name="channels">Input channels.</param>
    /// <param name="outChannels">Output channels.</param>
    /// <param name="groups">Groups of channels that see each other.</param>
    /// <param name="offsetGroups">Groups of channels that share offsets.</param>
    /// <param name="image">Rows and columns of the input.</param>
    /// <param name="result">Rows and columns of the output.</param>
    /// <param name="kernel">Rows and columns of the kernel.</param>
    /// <param name="strides">From pixel to pixel.</param>
    /// <param name="dilations">From tap to tap.</param>
    /// <param name="pads">Rows above and columns left.</param>
    public static void Run(float* input, float* weights, float* offset, float* bias, float* mask, float* output, float* work, int batch, int channels, int outChannels, int groups, int offsetGroups, ReadOnlySpan<int> image, ReadOnlySpan<int> result, ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads)
    {
        int taps = kernel[0] * kernel[1], perOffset = channels / offsetGroups, depth = channels / groups * taps, perGroup = outChannels / groups;
        long plane = (long)image[0] * image[1], pixels = (long)result[0] * result[1];
        for (int n = 0; n < batch; n++)
        {
            for (long p = 0; p < pixels; p++)
            {
                float top = (p / result[1] * strides[0]) - pads[0], left = (p % result[1] * strides[1]) - pads[1];
                for (int k = 0; k < offsetGroups * taps; k++)
                {
                    int tap = k % taps;
                    float y = top + (tap / kernel[1] * dilations[0]) + offset[(2L * k * pixels) + p];
                    float x = left + (tap % kernel[1] * dilations[1]) + offset[(((2L * k) + 1) * pixels) + p];
                    float factor = mask == null ? 1 : mask[(k * pixels) + p];
                    Sample(input, work, k / taps * perOffset, perOffset, taps, tap, plane, image[0], image[1], y, x, factor);
                }

                for (int o = 0; o < outChannels; o++)
                {
                    float* row = weights + ((long)o * depth), column = work + ((long)(o / perGroup) * depth);
                    float sum = bias == null ? 0 : bias[o];
                    for (int i = 0; i < depth; i++)
                    {
                        sum = Simd.MultiplyAdd(row[i], column[i], sum);
                    }

                    output[(o * pixels) + p] = sum;
                }
            }

            input += channels * plane;
            output += outChannels * pixels;
            offset += 2L * offsetGroups * taps * pixels;
            mask = mask == null ? null : mask + (offsetGroups * taps * pixels);
        }
    }

    // One tap of the channels that share its offset.
    private static void Sample(float* input, float* work, int first, int count, int taps, int tap, long plane, int height, int width, float y, float x, float factor)
    {
        bool inside = y > -1 && x > -1 && y < height && x < width; // false for NaN
        int y0 = inside ? (int)MathF.Floor(y) : 0, x0 = inside ? (int)MathF.Floor(x) : 0;
        float dy = y - y0, dx = x - x0;
        bool upper = y0 >= 0, lower = y0 + 1 < height, before = x0 >= 0, after = x0 + 1 < width;
        for (int c = first; c < first + count; c++)
        {
            float* at = input + (c * plane) + ((long)y0 * width) + x0;
            float sum = 0;
            if (inside)
            {
                sum += upper && before ? (1 - dy) * (1 - dx) * at[0] : 0;
                sum += upper && after ? (1 - dy) * dx * at[1] : 0;
                sum += lower && before ? dy * (1 - dx) * at[width] : 0;
                sum += lower && after ? dy * dx * at[width + 1] : 0;
            }

            work[((long)c * taps) + tap] = sum * factor;
        }
    }
}
