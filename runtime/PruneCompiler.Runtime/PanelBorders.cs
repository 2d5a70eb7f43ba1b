using System;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>Clears what lies around the pixels of a padded activation: it is the padding of the layers that read it, and the memory served others before.</summary>
internal static unsafe class PanelBorders
{
    /// <summary>Clears the border: rows above and below, planes in front and behind. Sizes in elements.</summary>
    /// <param name="start">Start of the buffer.</param>
    /// <param name="lead">Elements to clear first.</param>
    /// <param name="images">Images.</param>
    /// <param name="front">Planes of padding in front of each image.</param>
    /// <param name="depth">Planes of an image.</param>
    /// <param name="back">Planes of padding behind.</param>
    /// <param name="pieces">Pieces of a plane: each channel of flat planes, or the whole plane.</param>
    /// <param name="piece">Length of a piece.</param>
    /// <param name="before">Elements to clear at the begin of a piece.</param>
    /// <param name="body">Elements between what is cleared at the begin and at the end.</param>
    /// <param name="tail">Elements to clear at the end.</param>
    public static void Clear(float* start, int lead, int images, int front, int depth, int back, int pieces, nint piece, nint before, nint body, int tail)
    {
        Zero(start, lead);
        float* at = start + lead;
        for (int n = 0; n < images; n++)
        {
            for (int p = 0; p < front + depth + back; p++)
            {
                if (p < front || p >= front + depth)
                {
                    Zero(at, pieces * piece);
                    at += pieces * piece;
                    continue;
                }

                for (int i = 0; i < pieces; i++, at += piece)
                {
                    Zero(at, before);
                    Zero(at + before + body, piece - before - body);
                }
            }
        }

        Zero(at, tail);
    }

    /// <summary>Clears the elements behind each row, for producers that write pixels only. Steps are elements from one to the next.</summary>
    /// <param name="origin">The first pixel.</param>
    /// <param name="images">Images.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="depth">Planes.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="gap">Elements to clear behind each row.</param>
    /// <param name="end">Elements to clear behind the last row's gap.</param>
    /// <param name="steps">Steps of image, channel, plane, row.</param>
    public static void ClearGaps(float* origin, int images, int channels, int depth, int height, int width, int gap, int end, ReadOnlySpan<int> steps)
    {
        for (int n = 0; n < images; n++)
        {
            for (int d = 0; d < depth; d++)
            {
                for (int y = 0; y < height; y++)
                {
                    float* row = origin + ((nint)n * steps[0]) + ((nint)d * steps[2]) + ((nint)y * steps[3]) + width;
                    for (int c = 0; c < channels; c++, row += steps[1])
                    {
                        Zero(row, y == height - 1 ? gap + end : gap);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Zero(float* at, nint count) => Unsafe.InitBlockUnaligned(at, 0, checked((uint)(count * sizeof(float))));
}
