// needs: Indices
using System;

namespace PruneCompiler.Runtime;

/// <summary>Pools regions of interest to a fixed size (ONNX RoiAlign and MaxRoiPool).</summary>
internal static unsafe class RegionPooling
{
    // More samples than this along one side of an output element can only come from broken coordinates.
    private const int MostSamples = 1 << 14;

    // Samples of a bin whose places are kept on the stack.
    private const int SamplesAtOnce = 32;

    /// <summary>RoiAlign (He et al., Mask R-CNN, 2017): averages (or takes the largest of) bilinear samples in each bin.</summary>
    /// <param name="input">[batch, channels, height, width].</param>
    /// <param name="rois">[count, 4]: x1, y1, x2, y2.</param>
    /// <param name="batches">[count]: the batch element of each region, int64.</param>
    /// <param name="output">[count, channels, outHeight, outWidth].</param>
    /// <param name="batch">Batch elements.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="count">Regions.</param>
    /// <param name="outHeight">Rows of the output.</param>
    /// <param name="outWidth">Columns of the output.</param>
    /// <param name="samples">Samples along each side of a bin; 0 takes as many as the bin has pixels.</param>
    /// <param name="scale">From the coordinates of the regions to the input's.</param>
    /// <param name="halfPixel">True when coordinates are shifted by half a pixel.</param>
    /// <param name="average">False for the largest weighted neighbour.</param>
    /// <exception cref="ArgumentException">A batch index or a region is out of range.</exception>
    public static void Align(float* input, float* rois, long* batches, float* output, int batch, int channels, int height, int width, int count, int outHeight, int outWidth, int samples, float scale, bool halfPixel, bool average)
    {
        float shift = halfPixel ? 0.5f : 0;
        for (int r = 0; r < count; r++, rois += 4)
        {
            float* image = input + (Indices.Read(batches, sizeof(long), r, batch, 0) * channels * height * width);
            float x = (rois[0] * scale) - shift, y = (rois[1] * scale) - shift;
            float w = (rois[2] * scale) - shift - x, h = (rois[3] * scale) - shift - y;
            if (!halfPixel)
            {
                (w, h) = (MathF.Max(w, 1), MathF.Max(h, 1));
            }

            float binW = w / outWidth, binH = h / outHeight;
            int gridW = samples > 0 ? samples : Samples(binW, r), gridH = samples > 0 ? samples : Samples(binH, r);
            for (int oy = 0; oy < outHeight; oy++)
            {
                for (int ox = 0; ox < outWidth; ox++, output++)
                {
                    Bin(image, output, channels, (nint)outHeight * outWidth, height, width, y + (oy * binH), x + (ox * binW), binH, binW, gridH, gridW, average);
                }
            }

            output += (nint)(channels - 1) * outHeight * outWidth;
        }
    }

    /// <summary>MaxRoiPool (Girshick, Fast R-CNN, 2015): the largest element of each bin; 0 where a bin is empty.</summary>
    /// <param name="input">[batch, channels, height, width].</param>
    /// <param name="rois">[count, 5]: batch element, x1, y1, x2, y2.</param>
    /// <param name="output">[count, channels, outHeight, outWidth].</param>
    /// <param name="batch">Batch elements.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="height">Rows of the input.</param>
    /// <param name="width">Columns of the input.</param>
    /// <param name="count">Regions.</param>
    /// <param name="outHeight">Rows of the output.</param>
    /// <param name="outWidth">Columns of the output.</param>
    /// <param name="scale">From the coordinates of the regions to the input's.</param>
    /// <exception cref="ArgumentException">A batch index is out of range.</exception>
    public static void Max(float* input, float* rois, float* output, int batch, int channels, int height, int width, int count, int outHeight, int outWidth, float scale)
    {
        for (int r = 0; r < count; r++, rois += 5)
        {
            long n = (long)rois[0];
            float* image = input + (Indices.Read(&n, sizeof(long), 0, batch, 0) * channels * height * width);
            float x = MathF.Round(rois[1] * scale, MidpointRounding.AwayFromZero), y = MathF.Round(rois[2] * scale, MidpointRounding.AwayFromZero);
            float w = MathF.Max(MathF.Round(rois[3] * scale, MidpointRounding.AwayFromZero) - x + 1, 1), h = MathF.Max(MathF.Round(rois[4] * scale, MidpointRounding.AwayFromZero) - y + 1, 1);
            for (int c = 0; c < channels; c++, image += (long)height * width)
            {
                for (int oy = 0; oy < outHeight; oy++)
                {
                    int top = Edge(MathF.Floor(oy * h / outHeight) + y, height), bottom = Edge(MathF.Ceiling((oy + 1) * h / outHeight) + y, height);
                    for (int ox = 0; ox < outWidth; ox++)
                    {
                        int left = Edge(MathF.Floor(ox * w / outWidth) + x, width), right = Edge(MathF.Ceiling((ox + 1) * w / outWidth) + x, width);
                        *output++ = Largest(image, width, top, bottom, left, right);
                    }
                }
            }
        }
    }

    // One bin of all channels: where its samples lie, and their weights, are the same for each of them.
    private static void Bin(float* image, float* output, int channels, nint outPlane, int height, int width, float top, float left, float binH, float binW, int gridH, int gridW, bool average)
    {
        nint plane = (nint)height * width;
        for (int c = 0; c < channels; c++)
        {
            output[c * outPlane] = average || gridH * gridW == 0 ? 0 : float.NegativeInfinity;
        }

        nint* places = stackalloc nint[4 * SamplesAtOnce];
        float* weights = stackalloc float[4 * SamplesAtOnce];
        int count = 0;
        bool outside = false;
        for (int i = 0; i < gridH; i++)
        {
            float y = top + ((i + 0.5f) * binH / gridH);
            for (int j = 0; j < gridW; j++)
            {
                float x = left + ((j + 0.5f) * binW / gridW);
                bool inside = Neighbours(height, width, y, x, places + (4 * count), weights + (4 * count));
                outside |= !inside;
                count += inside ? 1 : 0;
                if (count == SamplesAtOnce)
                {
                    AddSamples(image, output, channels, plane, outPlane, places, weights, count, average);
                    count = 0;
                }
            }
        }

        AddSamples(image, output, channels, plane, outPlane, places, weights, count, average);
        for (int c = 0; c < channels && (average || outside); c++)
        {
            // Samples far outside are zeros.
            output[c * outPlane] = average ? output[c * outPlane] / Math.Max(1, gridH * gridW) : MathF.Max(output[c * outPlane], 0);
        }
    }

    private static void AddSamples(float* image, float* output, int channels, nint plane, nint outPlane, nint* places, float* weights, int count, bool average)
    {
        for (int c = 0; c < channels && count > 0; c++, image += plane, output += outPlane)
        {
            float result = *output;
            for (int s = 0; s < 4 * count; s += 4)
            {
                float a = weights[s] * image[places[s]], b = weights[s + 1] * image[places[s + 1]], d = weights[s + 2] * image[places[s + 2]], e = weights[s + 3] * image[places[s + 3]];
                result = average ? result + (a + b + d + e) : MathF.Max(result, MathF.Max(MathF.Max(a, b), MathF.Max(d, e)));
            }

            *output = result;
        }
    }

    // The four neighbours and their bilinear weights; false more than a pixel outside (and for NaN).
    private static bool Neighbours(int height, int width, float y, float x, nint* places, float* weights)
    {
        if (!(y >= -1 && y <= height && x >= -1 && x <= width))
        {
            return false;
        }

        (int y0, int y1, float dy) = Pair(y, height);
        (int x0, int x1, float dx) = Pair(x, width);
        nint first = (nint)y0 * width, second = (nint)y1 * width;
        (places[0], places[1], places[2], places[3]) = (first + x0, first + x1, second + x0, second + x1);
        (weights[0], weights[1], weights[2], weights[3]) = ((1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx);
        return true;
    }

    private static (int Low, int High, float Part) Pair(float at, int size)
    {
        at = MathF.Max(at, 0);
        int low = (int)at;
        return low >= size - 1 ? (size - 1, size - 1, 0) : (low, low + 1, at - low);
    }

    private static int Samples(float bin, int region)
    {
        float samples = MathF.Ceiling(bin);
        if (!(samples <= MostSamples))
        {
            throw new ArgumentException($"Region {region} is no region: one bin would cover {samples} pixels.");
        }

        return (int)samples;
    }

    private static int Edge(float at, int size) => at > 0 ? (int)MathF.Min(at, size) : 0;

    private static float Largest(float* image, int width, int top, int bottom, int left, int right)
    {
        if (top >= bottom || left >= right)
        {
            return 0;
        }

        float largest = float.NegativeInfinity;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
            {
                largest = MathF.Max(largest, image[((long)y * width) + x]);
            }
        }

        return largest;
    }
}
