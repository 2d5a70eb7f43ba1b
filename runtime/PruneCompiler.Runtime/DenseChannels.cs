// needs: Lanes, Panels, GroupTile, ChannelTile, ChannelRows
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>
/// Dense convolution with output channels in the lanes, pixels broadcast: nothing is computed for junk columns or rounded widths, taps need no alignment, and a
/// horizontal stride needs no copy. What it costs is turning the sums into rows of pixels at the end: it pays with many taps.
/// </summary>
/// <remarks>
/// Packed form (little-endian, 64-byte aligned for speed; ChannelPacker writes it): <c>int taps, channels</c>, zeros up to 16 elements; <c>int offset[taps]</c>, 32 zeros and more up to a
/// multiple of 16; then weights by tiles of 32 output channels, [taps][32], the last one of 16 if that is enough, filled up with zeros.
/// </remarks>
internal static unsafe class DenseChannels
{
    private const int TileChannels = 32;

    // The rows that pass under a tile of weights before the next tile comes: their inputs stay in the second-level cache.
    private const long InputBytes = 128 * 1024;

    // Weights that do not stay there themselves are read less often.
    private const long LargeWeights = 768 * 1024, LargeInputBytes = 768 * 1024;

    /// <summary>Runs the layer with the widest vectors of the machine.</summary>
    /// <param name="loops">
    /// Sizes and steps, in elements; flat planes too are rows here, whose width is that of the image. The stored width is the distance to what follows a row, of any length.
    /// </param>
    /// <param name="step">Horizontal stride: 1 or 2.</param>
    /// <param name="tail">Zeros to store behind the stored width of the last row of each plane.</param>
    /// <param name="firstRow">Which row of the image the first one is: where threads share the rows.</param>
    /// <param name="lastRow">The last row of the image.</param>
    /// <param name="input">Input origin; tap offsets are relative to it. Must not overlap the output.</param>
    /// <param name="output">Output origin.</param>
    /// <param name="packed">The packed weights.</param>
    /// <param name="epilogue">Bias, residual, activation, and where channels are stored. Its mask is not used.</param>
    public static void Run(in PanelLoops loops, int step, int tail, int firstRow, int lastRow, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
    {
        if (Lanes512.IsNative)
        {
            Run<Vector512<float>, Lanes512>(loops, step, tail, firstRow, lastRow, input, output, packed, epilogue);
        }
        else if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256>(loops, step, tail, firstRow, lastRow, input, output, packed, epilogue);
        }
        else if (Lanes128.IsNative)
        {
            Run<Vector128<float>, Lanes128>(loops, step, tail, firstRow, lastRow, input, output, packed, epilogue);
        }
        else
        {
            Run<float, Lanes1>(loops, step, tail, firstRow, lastRow, input, output, packed, epilogue);
        }
    }

    /// <summary>Runs the layer with the given vectors.</summary>
    public static void Run<TV, TS>(in PanelLoops loops, int step, int tail, int firstRow, int lastRow, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        if (step == 1)
        {
            Walk<TV, TS, Count1>(loops, tail, lastRow - firstRow, input, output, packed, epilogue);
        }
        else
        {
            Walk<TV, TS, Count2>(loops, tail, lastRow - firstRow, input, output, packed, epilogue);
        }
    }

    private static void Walk<TV, TS, TStep>(in PanelLoops loops, int tail, int lastRow, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TStep : struct, ICount
    {
        float* scratch = stackalloc float[ChannelRows.ScratchFloats + 16];
        var rows = new ChannelRows(GroupTile.Align(scratch), epilogue, loops.Width, loops.StoredWidth);
        int taps = ((int*)packed)[0], channels = ((int*)packed)[1];
        int* offsets = (int*)packed + 16;
        float* weights = (float*)(offsets + ((taps + ChannelTile.Ahead + 15) & ~15));
        bool large = sizeof(float) * (long)taps * channels > LargeWeights;
        long fit = (large ? LargeInputBytes : InputBytes) / (sizeof(float) * (long)(loops.InputRow < 1 ? 1 : loops.InputRow));
        int block = fit < 2 ? 2 : fit < loops.Rows ? (int)fit : loops.Rows;
        for (int image = 0; image < loops.Images; image++)
        {
            for (int plane = 0; plane < loops.Planes; plane++)
            {
                for (int y = 0; y < loops.Rows; y += block)
                {
                    int end = y + block < loops.Rows ? y + block : loops.Rows;
                    float* tile = weights;
                    for (int o = 0; o < channels; o += TileChannels)
                    {
                        int width = channels - o > TileChannels / 2 ? TileChannels : TileChannels / 2;
                        // While this tile's weights are used the next tile's come from memory, an equal part with each tile of pixels.
                        bool isFirst = y == 0 && o == 0;
                        float* next = o + width < channels ? tile + ((nint)taps * width) : weights;
                        for (int half = 0; half < width && o + half < channels; half += 2 * TS.Count)
                        {
                            int count = channels - o - half < 2 * TS.Count ? channels - o - half : 2 * TS.Count;
                            count = count < width - half ? count : width - half;
                            if (count > TS.Count)
                            {
                                Rows<TV, TS, Count2, TStep>(loops, tail, lastRow, image, plane, y, end, input, output, offsets, tile + half, width, taps, next + ((nint)taps * half), isFirst, o + half, count, epilogue, rows);
                            }
                            else
                            {
                                Rows<TV, TS, Count1, TStep>(loops, tail, lastRow, image, plane, y, end, input, output, offsets, tile + half, width, taps, next + ((nint)taps * half), isFirst, o + half, count, epilogue, rows);
                            }
                        }

                        tile += (nint)taps * width;
                    }
                }
            }
        }
    }

    // Some rows of a tile of channels: two rows at a time where both fit into a tile of pixels.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TV, TS, TN, TStep>(
        in PanelLoops loops, int tail, int lastRow, int image, int plane, int y, int end, float* input, float* output, int* offsets, float* weights, int stride, int taps, float* next, bool isFirst, int o, int channels,
        in PanelEpilogue epilogue, in ChannelRows rows)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
        where TStep : struct, ICount
    {
        int most = Panels.ManyRegisters<TV, TS>() ? ChannelTile.MostPixels : 6;
        bool pairs = 2 * loops.Width <= (most > 6 && TN.Value == 1 ? ChannelTile.MostPixelsOfPair : most);
        int tiles = pairs ? (end - y + 1) / 2 : (end - y) * ((loops.Width + most - 1) / most), number = 0;
        int part = stride < 2 * TS.Count ? stride : 2 * TS.Count;
        PanelVector at;
        for (int size; y < end; y += size)
        {
            size = y + 1 < end && pairs ? 2 : 1;
            bool joined = size == 2 && rows.CanJoin<TV, TS>(loops) && (y + 2 < loops.Rows ? 3 : 2) * loops.StoredWidth >= TS.Count;
            for (int x = 0, count; x < loops.Width; x += count)
            {
                count = size == 2 ? loops.Width : Panels.TileSize(loops.Width - x, most);
                float* from = input + (image * loops.InputImage) + (plane * loops.InputPlane) + (y * loops.InputRow) + ((nint)x * TStep.Value);
                nint fetchStep = isFirst && number == 0 ? stride : (part + tiles - 1) / tiles;
                float* fetch = isFirst && number == 0 ? weights + (stride * ChannelTile.Ahead) : next + ((nint)taps * part * number / tiles);
                number++;
                Fetch(output + (image * loops.OutputImage) + (plane * loops.OutputPlane) + (y * loops.OutputRow) + x + count - 1, o, channels, epilogue);
                int distance = joined ? loops.StoredWidth : count;
                nint second = (nint)distance * 2 * TS.Count;
                if (size == 2)
                {
                    Pair<TV, TS, TN, TStep>(count, from, from + loops.InputRow, offsets, weights, stride, taps, fetch, fetchStep, rows.Sums, second);
                }
                else
                {
                    Single<TV, TS, TN, TStep>(count, from, offsets, weights, stride, taps, fetch, fetchStep, rows.Sums);
                }

                // Two rows of a flat plane that fit into a vector, with the gap between them, are finished as one.
                for (int r = joined ? 1 : 0; r < size; r++)
                {
                    int row = y + r, from0 = joined ? y : row;
                    at.Input = null;
                    at.Mask = null;
                    at.Output = output + (image * loops.OutputImage) + (plane * loops.OutputPlane) + (from0 * loops.OutputRow) + x;
                    at.Residual = epilogue.Residual + (image * loops.ResidualImage) + (plane * loops.ResidualPlane) + (from0 * loops.ResidualRow) + x;
                    at.BiasRow = epilogue.BiasRows == null ? null
                        : epilogue.BiasRows + ((nint)epilogue.RowClass[(plane * loops.Rows) + row] * epilogue.Channels * epilogue.BiasRowLength) + x;
                    int behind = x + count < loops.Width ? -1 : loops.StoredWidth - loops.Width + (row == lastRow ? tail : 0);

                    // A row of a flat plane may reach into the next one of this call, which is written after it.
                    int room = loops.StoredWidth - x + (joined ? distance : 0) + (loops.OutputRow == loops.StoredWidth && row < loops.Rows - 1 ? loops.StoredWidth : 0);
                    rows.Finish<TV, TS>(at, joined ? rows.Sums : rows.Sums + (r * second), joined ? distance + count : count, behind, room, o, channels, joined);
                }
            }
        }
    }

    // The lines that the tile will write arrive while it sums.
    private static void Fetch(float* output, int o, int channels, in PanelEpilogue epilogue)
    {
        for (int c = 0; c < channels && Sse.IsSupported; c++)
        {
            Sse.Prefetch0(output + epilogue.OutputOffset[o + c]);
        }
    }

    // Runs the smallest shape that has the pixels.
    private static void Single<TV, TS, TN, TStep>(int pixels, float* from, int* offsets, float* weights, int stride, int taps, float* fetch, nint fetchStep, float* sums)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
        where TStep : struct, ICount
    {
        switch (pixels)
        {
            case 13 or 14:
                ChannelTile.Sum<TV, TS, Count14, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 11 or 12:
                ChannelTile.Sum<TV, TS, Count12, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 9 or 10:
                ChannelTile.Sum<TV, TS, Count10, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 8:
                ChannelTile.Sum<TV, TS, Count8, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 7:
                ChannelTile.Sum<TV, TS, Count7, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 6:
                ChannelTile.Sum<TV, TS, Count6, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 5:
                ChannelTile.Sum<TV, TS, Count5, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 3 or 4:
                ChannelTile.Sum<TV, TS, Count4, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            case 2:
                ChannelTile.Sum<TV, TS, Count2, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
            default:
                ChannelTile.Sum<TV, TS, Count1, Count1, TN, TStep>(from, from, offsets, weights, stride, taps, fetch, fetchStep, sums, 0);
                break;
        }
    }

    // The same for the pixels of each of two rows.
    private static void Pair<TV, TS, TN, TStep>(int pixels, float* first, float* second, int* offsets, float* weights, int stride, int taps, float* fetch, nint fetchStep, float* sums, nint secondSums)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
        where TStep : struct, ICount
    {
        switch (pixels)
        {
            case 8 when TN.Value == 1:
                ChannelTile.Sum<TV, TS, Count16, Count2, TN, TStep>(first, second, offsets, weights, stride, taps, fetch, fetchStep, sums, secondSums);
                break;
            case 7:
                ChannelTile.Sum<TV, TS, Count14, Count2, TN, TStep>(first, second, offsets, weights, stride, taps, fetch, fetchStep, sums, secondSums);
                break;
            case 6:
                ChannelTile.Sum<TV, TS, Count12, Count2, TN, TStep>(first, second, offsets, weights, stride, taps, fetch, fetchStep, sums, secondSums);
                break;
            case 5:
                ChannelTile.Sum<TV, TS, Count10, Count2, TN, TStep>(first, second, offsets, weights, stride, taps, fetch, fetchStep, sums, secondSums);
                break;
            case 3 or 4:
                ChannelTile.Sum<TV, TS, Count8, Count2, TN, TStep>(first, second, offsets, weights, stride, taps, fetch, fetchStep, sums, secondSums);
                break;
            case 2:
                ChannelTile.Sum<TV, TS, Count4, Count2, TN, TStep>(first, second, offsets, weights, stride, taps, fetch, fetchStep, sums, secondSums);
                break;
            default:
                ChannelTile.Sum<TV, TS, Count2, Count2, TN, TStep>(first, second, offsets, weights, stride, taps, fetch, fetchStep, sums, secondSums);
                break;
        }
    }
}
