using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>Copies an activation into padded panels, for convolutions with strides split by the phase of rows and columns.</summary>
internal static unsafe class PanelCopy
{
    /// <summary>
    /// Slot s of channel c receives pixel (y * strideY + phaseY[s], x * strideX + phaseX[s]) at (y, x); what has no such pixel becomes zero.
    /// Steps are elements from one image, channel, plane and row to the next.
    /// </summary>
    /// <param name="x">First pixel of the input; pixels of a row are neighbours.</param>
    /// <param name="y">First pixel of the output.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="size">Depth, height, width of the input.</param>
    /// <param name="height">Rows of the output.</param>
    /// <param name="first">First output row to write.</param>
    /// <param name="end">Output row to stop at.</param>
    /// <param name="rowLength">Elements that are written of each output row: pixels, then zeros.</param>
    /// <param name="tail">Zeros to write behind the last row of each channel.</param>
    /// <param name="xSteps">Steps of the input.</param>
    /// <param name="ySteps">Steps of the output; its channels are channel * slots + slot.</param>
    /// <param name="strideY">Rows between neighbouring rows of a phase.</param>
    /// <param name="strideX">Columns likewise.</param>
    /// <param name="phases">Row phase and column phase of each slot.</param>
    public static void Run(
        float* x, float* y, int images, int channels, ReadOnlySpan<int> size, int height, int first, int end, int rowLength, int tail,
        ReadOnlySpan<int> xSteps, ReadOnlySpan<int> ySteps, int strideY, int strideX, ReadOnlySpan<int> phases)
    {
        int slots = phases.Length / 2;
        for (int n = 0; n < images; n++)
        {
            for (int d = 0; d < size[0]; d++)
            {
                for (int row = first; row < end; row++)
                {
                    float* to = y + ((nint)n * ySteps[0]) + ((nint)d * ySteps[2]) + ((nint)row * ySteps[3]);
                    int length = row == height - 1 ? rowLength + tail : rowLength;
                    for (int s = 0; s < slots; s++)
                    {
                        int source = (row * strideY) + phases[2 * s], phase = phases[(2 * s) + 1];
                        int count = source < size[1] ? Math.Max(0, (size[2] - phase + strideX - 1) / strideX) : 0;
                        float* from = x + ((nint)n * xSteps[0]) + ((nint)d * xSteps[2]) + ((nint)source * xSteps[3]);
                        for (int c = 0; c < channels; c++)
                        {
                            float* slot = to + (((nint)c * slots) + s) * ySteps[1];
                            if (count > 0)
                            {
                                Row(from + ((nint)c * xSteps[1]), slot, phase, count, size[2], strideX);
                            }

                            new Span<float>(slot + count, length - count).Clear();
                        }
                    }
                }
            }
        }
    }

    // Pixels phase, phase + stride ... of a row of `width` pixels.
    private static void Row(float* from, float* to, int phase, int count, int width, int stride)
    {
        if (stride == 1)
        {
            Buffer.MemoryCopy(from, to, count * sizeof(float), count * sizeof(float));
            return;
        }

        int i = 0;
        if (stride == 2 && (Sse.IsSupported || AdvSimd.Arm64.IsSupported))
        {
            // Pairs of pixels: the last load ends at the last pair of the row.
            for (; (2 * i) + 8 <= width; i += 4)
            {
                Vector128<float> a = *(Vector128<float>*)(from + (2 * i)), b = *(Vector128<float>*)(from + (2 * i) + 4);
                *(Vector128<float>*)(to + i) = phase == 0 ? Even(a, b) : Odd(a, b);
            }
        }

        for (; i < count; i++)
        {
            to[i] = from[((nint)i * stride) + phase];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Even(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.Shuffle(a, b, 0x88) : AdvSimd.Arm64.UnzipEven(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Odd(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.Shuffle(a, b, 0xDD) : AdvSimd.Arm64.UnzipOdd(a, b);
}
