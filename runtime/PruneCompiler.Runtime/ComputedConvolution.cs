// needs: Lanes
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>
/// Convolution with filters that are not known before the run, on row-major float arrays. A group's channels are copied with their padding, apart by the
/// remainders of their coordinates by the strides, so that every tap of every output pixel is one offset from the same base; filters stay where they are.
/// </summary>
internal static unsafe class ComputedConvolution
{
    /// <summary>Positions of a tile with one filter, and at most of one with more.</summary>
    private const int Tile = 64;

    /// <summary>Filters of a tile.</summary>
    private const int Filters = 4;

    /// <summary>Floats of scratch memory; the same sizes as <see cref="Run"/>.</summary>
    public static long ScratchFloats(int channels, int group, ReadOnlySpan<int> output, ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations)
    {
        long cell = 1, phases = 1, taps = 1;
        for (var i = 0; i < 3; i++)
        {
            cell *= Extent(output[i], kernel[i], strides[i], dilations[i]);
            phases *= strides[i];
            taps *= kernel[i];
        }

        return (channels / group * ((phases * cell) + taps)) + Tile + (Filters * (cell + Tile));
    }

    /// <summary>Convolution. Sizes have three spatial axes; leading ones are 1 where the layer has fewer.</summary>
    /// <param name="x">[images, channels, depth, height, width].</param>
    /// <param name="w">[filters, channels / group, kernel].</param>
    /// <param name="bias">[filters] or, with <paramref name="biasPerPixel"/>, [filters, output]; may be null.</param>
    /// <param name="residual">Added before the activation; of the output's shape; may be null.</param>
    /// <param name="y">[images, filters, output].</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Input channels.</param>
    /// <param name="filters">Output channels.</param>
    /// <param name="group">Groups of channels.</param>
    /// <param name="input">Depth, height, width of the input.</param>
    /// <param name="output">The same of the output.</param>
    /// <param name="kernel">The same of the kernel.</param>
    /// <param name="strides">Input pixels between neighbouring outputs.</param>
    /// <param name="dilations">Input pixels between neighbouring taps.</param>
    /// <param name="pads">Pixels of padding in front.</param>
    /// <param name="biasPerPixel">See <paramref name="bias"/>.</param>
    /// <param name="slope">LeakyRelu's slope, 1 for none.</param>
    /// <param name="low">Lower bound of the result.</param>
    /// <param name="high">Upper bound of the result.</param>
    public static void Run(
        float* x, float* w, float* bias, float* residual, float* y, float* scratch, int images, int channels, int filters, int group, ReadOnlySpan<int> input, ReadOnlySpan<int> output,
        ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, bool biasPerPixel, float slope, float low, float high)
    {
        if (Lanes512.IsNative)
        {
            Body<Vector512<float>, Lanes512>(x, w, bias, residual, y, scratch, images, channels, filters, group, input, output, kernel, strides, dilations, pads, biasPerPixel, slope, low, high);
        }
        else if (Lanes256.IsNative)
        {
            Body<Vector256<float>, Lanes256>(x, w, bias, residual, y, scratch, images, channels, filters, group, input, output, kernel, strides, dilations, pads, biasPerPixel, slope, low, high);
        }
        else if (Lanes128.IsNative)
        {
            Body<Vector128<float>, Lanes128>(x, w, bias, residual, y, scratch, images, channels, filters, group, input, output, kernel, strides, dilations, pads, biasPerPixel, slope, low, high);
        }
        else
        {
            Body<float, Lanes1>(x, w, bias, residual, y, scratch, images, channels, filters, group, input, output, kernel, strides, dilations, pads, biasPerPixel, slope, low, high);
        }
    }

    private static void Body<TV, TS>(
        float* x, float* w, float* bias, float* residual, float* y, float* scratch, int images, int channels, int filters, int group, ReadOnlySpan<int> input, ReadOnlySpan<int> output,
        ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads, bool biasPerPixel, float slope, float low, float high)
        where TV : struct
        where TS : struct, ILanes<TV>
    {
        int perGroup = channels / group, filtersPerGroup = filters / group;
        nint plane = (nint)input[0] * input[1] * input[2], pixels = (nint)output[0] * output[1] * output[2];
        int depth = Extent(output[0], kernel[0], strides[0], dilations[0]), height = Extent(output[1], kernel[1], strides[1], dilations[1]), width = Extent(output[2], kernel[2], strides[2], dilations[2]);
        nint cell = (nint)depth * height * width, channel = cell * strides[0] * strides[1] * strides[2];
        int taps = perGroup * kernel[0] * kernel[1] * kernel[2];
        var offsets = (int*)scratch;
        var padded = scratch + taps;
        var sums = padded + (perGroup * channel) + Tile;
        Offsets(offsets, perGroup, channel, cell, height, width, kernel, strides, dilations);

        // The last output's position, counted in rows as wide as the copy's: what lies between rows is computed and left out.
        var count = (int)(((((nint)(output[0] - 1) * height) + output[1] - 1) * width) + output[2]);
        var stride = (nint)((count + Tile - 1) / Tile * Tile);
        for (var n = 0; n < images; n++)
        {
            for (var g = 0; g < group; g++)
            {
                for (var c = 0; c < perGroup; c++)
                {
                    Copy(x + ((((nint)n * channels) + (g * perGroup) + c) * plane), padded + (c * channel), input, depth, height, width, strides, pads);
                }

                for (var f = 0; f < filtersPerGroup; f += Filters)
                {
                    var wide = Math.Min(Filters, filtersPerGroup - f);
                    var first = (g * filtersPerGroup) + f;
                    Multiply<TV, TS>(padded, offsets, w + ((nint)first * taps), taps, sums, stride, count, wide);
                    for (var i = 0; i < wide; i++)
                    {
                        var at = ((((nint)n * filters) + first + i) * pixels);
                        var constant = bias == null || biasPerPixel ? 0f : bias[first + i];
                        Finish<TV, TS>(sums + (i * stride), y + at, constant, bias != null && biasPerPixel ? bias + ((first + i) * pixels) : null, residual == null ? null : residual + at, output, height, width, slope, low, high);
                    }
                }
            }
        }
    }

    // Coordinates of the padded input that share a remainder, along one axis.
    private static int Extent(int output, int kernel, int stride, int dilation) => (((output - 1) * stride) + ((kernel - 1) * dilation) + stride) / stride;

    private static void Offsets(int* offsets, int channels, nint channel, nint cell, int height, int width, ReadOnlySpan<int> kernel, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations)
    {
        for (var c = 0; c < channels; c++)
        {
            for (var kz = 0; kz < kernel[0]; kz++)
            {
                for (var ky = 0; ky < kernel[1]; ky++)
                {
                    for (var kx = 0; kx < kernel[2]; kx++)
                    {
                        int z = kz * dilations[0], y = ky * dilations[1], x = kx * dilations[2];
                        var phase = (((z % strides[0] * strides[1]) + (y % strides[1])) * strides[2]) + (x % strides[2]);
                        *offsets++ = (int)((c * channel) + (phase * cell) + ((((nint)(z / strides[0]) * height) + (y / strides[1])) * width) + (x / strides[2]));
                    }
                }
            }
        }
    }

    // One channel, zero where it is padding.
    private static void Copy(float* from, float* to, ReadOnlySpan<int> input, int depth, int height, int width, ReadOnlySpan<int> strides, ReadOnlySpan<int> pads)
    {
        for (var pz = 0; pz < strides[0]; pz++)
        {
            for (var py = 0; py < strides[1]; py++)
            {
                for (var px = 0; px < strides[2]; px++)
                {
                    for (var qz = 0; qz < depth; qz++)
                    {
                        var z = (qz * strides[0]) + pz - pads[0];
                        for (var qy = 0; qy < height; qy++, to += width)
                        {
                            var y = (qy * strides[1]) + py - pads[1];
                            var inside = (uint)z < (uint)input[0] && (uint)y < (uint)input[1];
                            Row(inside ? from + ((((nint)z * input[1]) + y) * input[2]) : null, to, input[2], width, strides[2], px - pads[2]);
                        }
                    }
                }
            }
        }
    }

    // to[q] = from[q * stride + shift], zero outside of from.
    private static void Row(float* from, float* to, int length, int width, int stride, int shift)
    {
        var first = from == null ? width : Math.Min(width, shift >= 0 ? 0 : (stride - 1 - shift) / stride);
        var end = from == null ? width : Math.Max(first, Math.Min(width, (length - shift + stride - 1) / stride));
        new Span<float>(to, first).Clear();
        if (stride == 1)
        {
            new ReadOnlySpan<float>(from + first + shift, end - first).CopyTo(new Span<float>(to + first, end - first));
        }
        else
        {
            for (var q = first; q < end; q++)
            {
                to[q] = from[(q * stride) + shift];
            }
        }

        new Span<float>(to + end, width - end).Clear();
    }

    /// <summary>sums[f * stride + p] = sum over taps of w[f * taps + t] * x[p + offsets[t]]. In bounds: p stays below count rounded up to a tile, which x and sums have behind their last element.</summary>
    private static void Multiply<TV, TS>(float* x, int* offsets, float* w, int taps, float* sums, nint stride, int count, int filters)
        where TV : struct
        where TS : struct, ILanes<TV>
    {
        if (filters == Filters)
        {
            for (var p = 0; p < count; p += 2 * TS.Count)
            {
                Four<TV, TS>(x + p, offsets, w, taps, sums + p, stride);
            }

            return;
        }

        for (var f = 0; f < filters; f++, w += taps, sums += stride)
        {
            for (var p = 0; p < count; p += 4 * TS.Count)
            {
                One<TV, TS>(x + p, offsets, w, taps, sums + p);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Four<TV, TS>(float* x, int* offsets, float* w, int taps, float* sums, nint stride)
        where TV : struct
        where TS : struct, ILanes<TV>
    {
        TV a0 = TS.Create(0f), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
        float* w1 = w + taps, w2 = w1 + taps, w3 = w2 + taps;
        for (nint t = 0; t < taps; t++)
        {
            var from = x + offsets[t];
            TV v0 = TS.Load(from), v1 = TS.Load(from + TS.Count);
            var f = TS.Broadcast(w + t);
            a0 = TS.MultiplyAdd(f, v0, a0);
            a1 = TS.MultiplyAdd(f, v1, a1);
            f = TS.Broadcast(w1 + t);
            b0 = TS.MultiplyAdd(f, v0, b0);
            b1 = TS.MultiplyAdd(f, v1, b1);
            f = TS.Broadcast(w2 + t);
            c0 = TS.MultiplyAdd(f, v0, c0);
            c1 = TS.MultiplyAdd(f, v1, c1);
            f = TS.Broadcast(w3 + t);
            d0 = TS.MultiplyAdd(f, v0, d0);
            d1 = TS.MultiplyAdd(f, v1, d1);
        }

        TS.Store(sums, a0);
        TS.Store(sums + TS.Count, a1);
        TS.Store(sums + stride, b0);
        TS.Store(sums + stride + TS.Count, b1);
        TS.Store(sums + (2 * stride), c0);
        TS.Store(sums + (2 * stride) + TS.Count, c1);
        TS.Store(sums + (3 * stride), d0);
        TS.Store(sums + (3 * stride) + TS.Count, d1);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One<TV, TS>(float* x, int* offsets, float* w, int taps, float* sums)
        where TV : struct
        where TS : struct, ILanes<TV>
    {
        TV a0 = TS.Create(0f), a1 = a0, a2 = a0, a3 = a0;
        for (nint t = 0; t < taps; t++)
        {
            var from = x + offsets[t];
            var f = TS.Broadcast(w + t);
            a0 = TS.MultiplyAdd(f, TS.Load(from), a0);
            a1 = TS.MultiplyAdd(f, TS.Load(from + TS.Count), a1);
            a2 = TS.MultiplyAdd(f, TS.Load(from + (2 * TS.Count)), a2);
            a3 = TS.MultiplyAdd(f, TS.Load(from + (3 * TS.Count)), a3);
        }

        TS.Store(sums, a0);
        TS.Store(sums + TS.Count, a1);
        TS.Store(sums + (2 * TS.Count), a2);
        TS.Store(sums + (3 * TS.Count), a3);
    }

    // Rows of sums to rows of the output: bias, residual, activation. In bounds: whole vectors only where that many pixels are left in a row.
    private static void Finish<TV, TS>(float* sums, float* y, float constant, float* bias, float* residual, ReadOnlySpan<int> output, int height, int width, float slope, float low, float high)
        where TV : struct
        where TS : struct, ILanes<TV>
    {
        TV zero = TS.Create(0f), added = TS.Create(constant), slopes = TS.Create(slope), lows = TS.Create(low), highs = TS.Create(high);
        for (var oz = 0; oz < output[0]; oz++)
        {
            for (var oy = 0; oy < output[1]; oy++)
            {
                var from = sums + ((((nint)oz * height) + oy) * width);
                var ox = 0;
                for (; ox <= output[2] - TS.Count; ox += TS.Count)
                {
                    var value = TS.Add(TS.Load(from + ox), added);
                    value = bias == null ? value : TS.Add(value, TS.Load(bias + ox));
                    value = residual == null ? value : TS.Add(value, TS.Load(residual + ox));
                    value = slope == 1f ? value : TS.Select(TS.LessThan(value, zero), TS.Multiply(value, slopes), value);
                    TS.Store(y + ox, TS.Min(highs, TS.Max(lows, value)));
                }

                for (; ox < output[2]; ox++)
                {
                    var value = from[ox] + constant;
                    value = bias == null ? value : value + bias[ox];
                    value = residual == null ? value : value + residual[ox];
                    value = value < 0f ? value * slope : value;
                    y[ox] = Simd.Clamp(value, low, high);
                }

                y += output[2];
                bias = bias == null ? null : bias + output[2];
                residual = residual == null ? null : residual + output[2];
            }
        }
    }
}
