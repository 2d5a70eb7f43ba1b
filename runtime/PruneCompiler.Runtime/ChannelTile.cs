// needs: Lanes, GroupTile
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

internal readonly struct Count10 : ICount
{
    public static int Value => 10;
}

internal readonly struct Count12 : ICount
{
    public static int Value => 12;
}

internal readonly struct Count14 : ICount
{
    public static int Value => 14;
}

internal readonly struct Count16 : ICount
{
    public static int Value => 16;
}

/// <summary>
/// The register tile with output channels in the lanes: P pixels (up to 14, or 16 with one vector of channels) times N vectors of channels (1 or 2). Every vector of weights is loaded once for P
/// multiply-adds and every pixel broadcast once for N of them. No pixel is junk, whatever the width of the image, and pixels need neither be neighbours nor
/// aligned. Shapes are type arguments: the JIT removes the sums that a shape does not have.
/// </summary>
internal static unsafe class ChannelTile
{
    /// <summary>Pixels of the largest tile.</summary>
    public const int MostPixels = 14;

    /// <summary>The same of two rows and one vector of channels.</summary>
    public const int MostPixelsOfPair = 16;

    /// <summary>Taps by which inputs are fetched ahead: offsets behind the last one are read, and must be readable.</summary>
    public const int Ahead = 32;

    /// <summary>Sums <paramref name="taps"/> taps, without bias.</summary>
    /// <typeparam name="TV">A vector of channels.</typeparam>
    /// <typeparam name="TS">Its operations.</typeparam>
    /// <typeparam name="TP">Pixels, half of them in each row where there are two.</typeparam>
    /// <typeparam name="TR">Rows, 1 or 2.</typeparam>
    /// <typeparam name="TN">Vectors of channels, 1 or 2.</typeparam>
    /// <typeparam name="TStep">Elements from one pixel's input to the next: the stride of the convolution.</typeparam>
    /// <param name="first">Input of the first pixel.</param>
    /// <param name="second">Input of the second row's first pixel; unused with one row.</param>
    /// <param name="offsets">[taps] in elements from a pixel's input; <see cref="Ahead"/> more are read.</param>
    /// <param name="weights">[taps][stride], of which N vectors are used.</param>
    /// <param name="stride">Floats from one tap's weights to the next.</param>
    /// <param name="taps">Taps, at least 1.</param>
    /// <param name="fetch">An address to ask for with each tap: weights that come later.</param>
    /// <param name="fetchStep">Floats from one such address to the next.</param>
    /// <param name="sums">[P][2 vectors] receives the sums.</param>
    /// <param name="secondSums">Floats from the first row's sums to the second's.</param>
    /// <remarks>Bounds: every pixel of the tile with every offset is an element of the input's buffer; the strategy proves it for the rounded tile.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<TV, TS, TP, TR, TN, TStep>(float* first, float* second, int* offsets, float* weights, nint stride, int taps, float* fetch, nint fetchStep, float* sums, nint secondSums)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TP : struct, ICount
        where TR : struct, ICount
        where TN : struct, ICount
        where TStep : struct, ICount
    {
        TV s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        TV s40 = default, s41 = default, s50 = default, s51 = default, s60 = default, s61 = default, s70 = default, s71 = default;
        TV s80 = default, s81 = default, s90 = default, s91 = default, s100 = default, s101 = default, s110 = default, s111 = default;
        TV s120 = default, s121 = default, s130 = default, s131 = default, s140 = default, s150 = default;
        for (int* end = offsets + taps; offsets != end; offsets++, weights += stride)
        {
            float* x = first + *offsets, y = TR.Value > 1 ? second + *offsets : x;
            if (Sse.IsSupported)
            {
                // Channels lie too far apart for the hardware to see what comes. The last pixel is in the line that the tile to the left has not read.
                Sse.Prefetch0(first + offsets[Ahead] + (((TP.Value / TR.Value) - 1) * TStep.Value));
                if (TR.Value > 1)
                {
                    Sse.Prefetch0(second + offsets[Ahead] + (((TP.Value / TR.Value) - 1) * TStep.Value));
                }

                Sse.Prefetch1(fetch);
                fetch += fetchStep;
            }

            TV w0 = TS.Load(weights), w1 = TN.Value > 1 ? TS.Load(weights + TS.Count) : default, pixel;
            pixel = TS.Broadcast(x);
            s00 = TS.MultiplyAdd(pixel, w0, s00);
            s01 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s01) : s01;
            if (TP.Value > 1)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 1);
                s10 = TS.MultiplyAdd(pixel, w0, s10);
                s11 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s11) : s11;
            }

            if (TP.Value > 2)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 2);
                s20 = TS.MultiplyAdd(pixel, w0, s20);
                s21 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s21) : s21;
            }

            if (TP.Value > 3)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 3);
                s30 = TS.MultiplyAdd(pixel, w0, s30);
                s31 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s31) : s31;
            }

            if (TP.Value > 4)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 4);
                s40 = TS.MultiplyAdd(pixel, w0, s40);
                s41 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s41) : s41;
            }

            if (TP.Value > 5)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 5);
                s50 = TS.MultiplyAdd(pixel, w0, s50);
                s51 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s51) : s51;
            }

            if (TP.Value > 6)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 6);
                s60 = TS.MultiplyAdd(pixel, w0, s60);
                s61 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s61) : s61;
            }

            if (TP.Value > 7)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 7);
                s70 = TS.MultiplyAdd(pixel, w0, s70);
                s71 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s71) : s71;
            }

            if (TP.Value > 8)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 8);
                s80 = TS.MultiplyAdd(pixel, w0, s80);
                s81 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s81) : s81;
            }

            if (TP.Value > 9)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 9);
                s90 = TS.MultiplyAdd(pixel, w0, s90);
                s91 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s91) : s91;
            }

            if (TP.Value > 10)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 10);
                s100 = TS.MultiplyAdd(pixel, w0, s100);
                s101 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s101) : s101;
            }

            if (TP.Value > 11)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 11);
                s110 = TS.MultiplyAdd(pixel, w0, s110);
                s111 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s111) : s111;
            }

            if (TP.Value > 12)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 12);
                s120 = TS.MultiplyAdd(pixel, w0, s120);
                s121 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s121) : s121;
            }

            if (TP.Value > 13)
            {
                pixel = Pixel<TV, TS, TP, TR, TStep>(x, y, 13);
                s130 = TS.MultiplyAdd(pixel, w0, s130);
                s131 = TN.Value > 1 ? TS.MultiplyAdd(pixel, w1, s131) : s131;
            }

            if (TP.Value > 14)
            {
                s140 = TS.MultiplyAdd(Pixel<TV, TS, TP, TR, TStep>(x, y, 14), w0, s140);
            }

            if (TP.Value > 15)
            {
                s150 = TS.MultiplyAdd(Pixel<TV, TS, TP, TR, TStep>(x, y, 15), w0, s150);
            }
        }

        Keep<TV, TS, TN>(sums, 0, s00, s01);
        if (TP.Value > 1)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 1 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 1 % (TP.Value / 2) : 1, s10, s11);
        }

        if (TP.Value > 2)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 2 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 2 % (TP.Value / 2) : 2, s20, s21);
        }

        if (TP.Value > 3)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 3 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 3 % (TP.Value / 2) : 3, s30, s31);
        }

        if (TP.Value > 4)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 4 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 4 % (TP.Value / 2) : 4, s40, s41);
        }

        if (TP.Value > 5)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 5 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 5 % (TP.Value / 2) : 5, s50, s51);
        }

        if (TP.Value > 6)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 6 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 6 % (TP.Value / 2) : 6, s60, s61);
        }

        if (TP.Value > 7)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 7 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 7 % (TP.Value / 2) : 7, s70, s71);
        }

        if (TP.Value > 8)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 8 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 8 % (TP.Value / 2) : 8, s80, s81);
        }

        if (TP.Value > 9)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 9 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 9 % (TP.Value / 2) : 9, s90, s91);
        }

        if (TP.Value > 10)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 10 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 10 % (TP.Value / 2) : 10, s100, s101);
        }

        if (TP.Value > 11)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 11 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 11 % (TP.Value / 2) : 11, s110, s111);
        }

        if (TP.Value > 12)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 12 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 12 % (TP.Value / 2) : 12, s120, s121);
        }

        if (TP.Value > 13)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 13 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 13 % (TP.Value / 2) : 13, s130, s131);
        }

        if (TP.Value > 14)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 14 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 14 % (TP.Value / 2) : 14, s140, default);
        }

        if (TP.Value > 15)
        {
            Keep<TV, TS, TN>(TR.Value > 1 && 15 >= TP.Value / 2 ? sums + secondSums : sums, TR.Value > 1 ? 15 % (TP.Value / 2) : 15, s150, default);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Pixel<TV, TS, TP, TR, TStep>(float* x, float* y, int p)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TP : struct, ICount
        where TR : struct, ICount
        where TStep : struct, ICount
        => TS.Broadcast(TR.Value == 1 || p < TP.Value / 2 ? x + (p * TStep.Value) : y + ((p - (TP.Value / 2)) * TStep.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<TV, TS, TN>(float* sums, int p, TV s0, TV s1)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        TS.Store(sums + (2 * p * TS.Count), s0);
        if (TN.Value > 1)
        {
            TS.Store(sums + (((2 * p) + 1) * TS.Count), s1);
        }
    }
}
