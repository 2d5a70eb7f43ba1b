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
        int* counts = stackalloc int[strideX];
        for (int phase = 0; phase < strideX; phase++)
        {
            counts[phase] = Math.Max(0, (size[2] - phase + strideX - 1) / strideX);
        }

        for (int n = 0; n < images; n++)
        {
            for (int d = 0; d < size[0]; d++)
            {
                for (int s = 0; s < slots; s++)
                {
                    int phaseY = phases[2 * s], phase = phases[(2 * s) + 1], count = counts[phase];
                    bool both = strideX == 2 && phase == 0 && s + 1 < slots && phases[(2 * s) + 2] == phaseY && phases[(2 * s) + 3] == 1;
                    float* plane = x + ((nint)n * xSteps[0]) + ((nint)d * xSteps[2]), panels = y + ((nint)n * ySteps[0]) + ((nint)d * ySteps[2]) + ((nint)s * ySteps[1]);
                    for (int row = first; row < end; row++)
                    {
                        int source = (row * strideY) + phaseY, length = row == height - 1 ? rowLength + tail : rowLength;
                        Channels(
                            plane + ((nint)source * xSteps[3]), xSteps[1], panels + ((nint)row * ySteps[3]), (nint)slots * ySteps[1], channels, both ? panels + ((nint)row * ySteps[3]) + ySteps[1] : null,
                            source < size[1], phase, count, size[2], strideX, length);
                    }

                    s += both ? 1 : 0;
                }
            }
        }
    }

    // A row of one slot for all channels; `odd` is that of the slot behind it where it has the other phase of the same pixels.
    private static void Channels(float* from, nint fromStep, float* slot, nint slotStep, int channels, float* odd, bool inside, int phase, int count, int width, int stride, int length)
    {
        for (int c = 0; c < channels; c++, from += fromStep, slot += slotStep)
        {
            if (!inside)
            {
                Clear(slot, length);
                if (odd != null)
                {
                    Clear(odd, length);
                }
            }
            else if (odd != null)
            {
                Both(from, slot, odd, width, length);
            }
            else
            {
                Row(from, slot, phase, count, width, stride);
                Clear(slot + count, length - count);
            }

            odd = odd == null ? null : odd + slotStep;
        }
    }

    // Pixels phase, phase + stride ... of a row of `width` pixels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Row(float* from, float* to, int phase, int count, int width, int stride)
    {
        int i = 0;
        if (stride == 1)
        {
            // Whole vectors within the row.
            for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
            {
                *(Vector256<float>*)(to + i) = *(Vector256<float>*)(from + phase + i);
            }
        }
        else if (stride == 2 && (Sse.IsSupported || AdvSimd.Arm64.IsSupported))
        {
            // Pairs of pixels: the last load ends at the last pair of the row.
            for (; (2 * i) + 8 <= width; i += 4)
            {
                Vector128<float> a = *(Vector128<float>*)(from + (2 * i)), b = *(Vector128<float>*)(from + (2 * i) + 4);
                *(Vector128<float>*)(to + i) = phase == 0 ? Even(a, b) : Odd(a, b);
            }
        }

        float* pixel = from + phase + ((nint)i * stride);
        for (; i + 4 <= count; i += 4, pixel += 4 * (nint)stride)
        {
            *(Vector128<float>*)(to + i) = Vector128.Create(pixel[0], pixel[stride], pixel[2 * (nint)stride], pixel[3 * (nint)stride]);
        }

        for (; i < count; i++, pixel += stride)
        {
            to[i] = *pixel;
        }
    }

    // Both phases of stride 2 of a row of `width` pixels, each filled up with zeros to `length`. Every load ends at or before the row's last pixel.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Both(float* from, float* even, float* odd, int width, int length)
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            Vector512<int> evens = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            for (; (2 * i) + 32 <= width; i += 16)
            {
                Vector512<float> a = *(Vector512<float>*)(from + (2 * i)), b = *(Vector512<float>*)(from + (2 * i) + 16);
                *(Vector512<float>*)(even + i) = Avx512F.PermuteVar16x32x2(a, evens, b);
                *(Vector512<float>*)(odd + i) = Avx512F.PermuteVar16x32x2(a, evens + Vector512<int>.One, b);
            }
        }

        if (Avx2.IsSupported)
        {
            for (; (2 * i) + 16 <= width; i += 8)
            {
                Vector256<float> a = *(Vector256<float>*)(from + (2 * i)), b = *(Vector256<float>*)(from + (2 * i) + 8);
                *(Vector256<double>*)(even + i) = Avx2.Permute4x64(Avx.Shuffle(a, b, 0x88).AsDouble(), 0xD8);
                *(Vector256<double>*)(odd + i) = Avx2.Permute4x64(Avx.Shuffle(a, b, 0xDD).AsDouble(), 0xD8);
            }
        }

        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            for (; (2 * i) + 8 <= width; i += 4)
            {
                Vector128<float> a = *(Vector128<float>*)(from + (2 * i)), b = *(Vector128<float>*)(from + (2 * i) + 4);
                *(Vector128<float>*)(even + i) = Even(a, b);
                *(Vector128<float>*)(odd + i) = Odd(a, b);
            }
        }

        for (; 2 * i < width; i++)
        {
            even[i] = from[2 * i];
            odd[i] = (2 * i) + 1 < width ? from[(2 * i) + 1] : 0;
        }

        Clear(even + i, length - i);
        Clear(odd + i, length - i);
    }

    // A few zeros: a call to clear them takes longer than they do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(float* to, int count)
    {
        int i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
        {
            *(Vector256<float>*)(to + i) = Vector256<float>.Zero;
        }

        for (; i < count; i++)
        {
            to[i] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Even(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.Shuffle(a, b, 0x88) : AdvSimd.Arm64.UnzipEven(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Odd(Vector128<float> a, Vector128<float> b) => Sse.IsSupported ? Sse.Shuffle(a, b, 0xDD) : AdvSimd.Arm64.UnzipOdd(a, b);
}
