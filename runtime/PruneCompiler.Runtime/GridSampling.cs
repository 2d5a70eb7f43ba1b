using System;

namespace PruneCompiler.Runtime;

/// <summary>How GridSample interpolates.</summary>
internal enum GridMode
{
    /// <summary>The nearest element; halves go to the even one.</summary>
    Nearest,

    /// <summary>The two neighbours along each axis.</summary>
    Linear,

    /// <summary>The four neighbours along each axis (Keys, 1981, a = -0.75).</summary>
    Cubic,
}

/// <summary>What lies outside of the sampled value.</summary>
internal enum GridPadding
{
    /// <summary>Zero.</summary>
    Zeros,

    /// <summary>The nearest element.</summary>
    Border,

    /// <summary>The value mirrored.</summary>
    Reflection,
}

/// <summary>Sampling at computed positions (ONNX GridSample). No position, NaN included, reads outside of the value.</summary>
internal static unsafe class GridSampling
{
    private const int MostAxes = 3;

    /// <summary>Samples each channel at each point of the grid.</summary>
    /// <param name="input">[batch, channels, sizes..].</param>
    /// <param name="grid">[batch, points, sizes.Length]: positions from -1 to 1, innermost axis first.</param>
    /// <param name="output">[batch, channels, points].</param>
    /// <param name="batch">Values.</param>
    /// <param name="channels">Channels of each.</param>
    /// <param name="sizes">Sizes of the one to three sampled axes.</param>
    /// <param name="points">Points for each batch element.</param>
    /// <param name="mode">Interpolation.</param>
    /// <param name="padding">What lies outside.</param>
    /// <param name="alignCorners">True when -1 and 1 are the centres of the outermost elements, false when they are their outer edges.</param>
    public static void Run(float* input, float* grid, float* output, int batch, int channels, ReadOnlySpan<int> sizes, long points, GridMode mode, GridPadding padding, bool alignCorners)
    {
        int taps = mode == GridMode.Nearest ? 1 : mode == GridMode.Linear ? 2 : 4, combinations = 1;
        long plane = 1;
        foreach (int size in sizes)
        {
            plane *= size;
            combinations *= taps;
        }

        int* at = stackalloc int[MostAxes * 4];
        float* weight = stackalloc float[MostAxes * 4];
        long* offsets = stackalloc long[64];
        float* factors = stackalloc float[64];
        for (int n = 0; n < batch; n++)
        {
            for (long p = 0; p < points; p++)
            {
                for (int axis = 0; axis < sizes.Length; axis++)
                {
                    Neighbours(grid[sizes.Length - 1 - axis], sizes[axis], mode, padding, alignCorners, at + (axis * 4), weight + (axis * 4));
                }

                grid += sizes.Length;
                for (int k = 0; k < combinations; k++)
                {
                    (offsets[k], factors[k]) = Combine(k, sizes, taps, at, weight);
                }

                for (int c = 0; c < channels; c++)
                {
                    float* from = input + (((long)n * channels) + c) * plane;
                    float sum = 0;
                    for (int k = 0; k < combinations; k++)
                    {
                        sum += offsets[k] < 0 ? 0 : factors[k] * from[offsets[k]];
                    }

                    output[((((long)n * channels) + c) * points) + p] = sum;
                }
            }
        }
    }

    // The place and the factor of one combination of neighbours; the place is -1 when one of them lies outside.
    private static (long Offset, float Factor) Combine(int k, ReadOnlySpan<int> sizes, int taps, int* at, float* weight)
    {
        long offset = 0, stride = 1;
        float factor = 1;
        for (int axis = sizes.Length - 1; axis >= 0; axis--)
        {
            int tap = k % taps;
            k /= taps;
            int index = at[(axis * 4) + tap];
            if (index < 0)
            {
                return (-1, 0);
            }

            offset += index * stride;
            stride *= sizes[axis];
            factor *= weight[(axis * 4) + tap];
        }

        return (offset, factor);
    }

    private static void Neighbours(float position, int size, GridMode mode, GridPadding padding, bool alignCorners, int* at, float* weight)
    {
        float low = alignCorners ? 0 : -0.5f, high = alignCorners ? size - 1 : size - 0.5f;
        float x = alignCorners ? (position + 1) / 2 * (size - 1) : (((position + 1) * size) - 1) / 2;
        x = mode == GridMode.Nearest ? MathF.Round(x, MidpointRounding.ToEven) : x;
        if (x < low || x > high)
        {
            // A cubic curve goes on beyond the border, with the border's value at each of its neighbours outside.
            x = padding == GridPadding.Border && mode != GridMode.Cubic ? Math.Clamp(x, 0, size - 1) : padding == GridPadding.Reflection ? Reflect(x, low, high) : x;
        }

        float floor = MathF.Floor(x), d = x - floor;
        switch (mode)
        {
            case GridMode.Nearest:
                at[0] = Index(x, size, low, high, padding);
                weight[0] = 1;
                return;
            case GridMode.Linear:
                (weight[0], weight[1]) = (1 - d, d);
                break;
            default:
                const float A = -0.75f;
                (weight[0], weight[3]) = (Far(d + 1), Far(2 - d));
                (weight[1], weight[2]) = (Near(d), Near(1 - d));
                break;

                static float Near(float t) => ((((A + 2) * t) - (A + 3)) * t * t) + 1;
                static float Far(float t) => (((((A * t) - (5 * A)) * t) + (8 * A)) * t) - (4 * A);
        }

        int taps = mode == GridMode.Linear ? 2 : 4;
        for (int i = 0; i < taps; i++)
        {
            at[i] = Index(floor + i - (taps == 4 ? 1 : 0), size, low, high, padding);
        }
    }

    // The element at a whole position; -1 where there is none.
    private static int Index(float x, int size, float low, float high, GridPadding padding)
    {
        if (!(x >= 0 && x <= size - 1))
        {
            if (padding == GridPadding.Zeros)
            {
                return -1;
            }

            x = padding == GridPadding.Reflection ? Reflect(x, low, high) : x;
            x = x > 0 ? MathF.Min(x, size - 1) : 0; // NaN becomes 0
        }

        return (int)x;
    }

    private static float Reflect(float x, float low, float high)
    {
        float range = high - low, distance = x < low ? low - x : x > high ? x - high : 0;
        if (distance == 0)
        {
            return x;
        }

        float turns = MathF.Truncate(distance / range), rest = distance - (turns * range);
        return turns % 2 == 0 == (x < low) ? low + rest : high - rest;
    }
}
