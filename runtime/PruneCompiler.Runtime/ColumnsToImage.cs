// needs: Blocks
using System;

namespace PruneCompiler.Runtime;

/// <summary>Adds columns of blocks up to images (ONNX Col2Im), for any number of axes.</summary>
internal static unsafe class ColumnsToImage
{
    /// <summary>Each column holds one block; overlapping blocks add up, what falls into the padding is dropped.</summary>
    /// <param name="input">[planes, block elements, positions].</param>
    /// <param name="output">[planes, image..].</param>
    /// <param name="planes">Batch times channels.</param>
    /// <param name="image">Sizes of the image.</param>
    /// <param name="block">Sizes of a block.</param>
    /// <param name="positions">Blocks along each axis.</param>
    /// <param name="strides">From block to block, per axis.</param>
    /// <param name="dilations">From element to element of a block, per axis.</param>
    /// <param name="pads">Padding in front, per axis.</param>
    public static void Run(float* input, float* output, long planes, ReadOnlySpan<int> image, ReadOnlySpan<int> block, ReadOnlySpan<int> positions, ReadOnlySpan<int> strides, ReadOnlySpan<int> dilations, ReadOnlySpan<int> pads)
    {
        long pixels = Product(image), elements = Product(block), count = Product(positions);
        for (long p = 0; p < planes; p++, output += pixels)
        {
            Blocks.Clear(output, pixels * sizeof(float));
            for (long e = 0; e < elements; e++)
            {
                for (long l = 0; l < count; l++)
                {
                    float value = *input++;
                    long at = 0, stride = 1, restBlock = e, restPosition = l;
                    for (int axis = image.Length - 1; axis >= 0 && at >= 0; axis--)
                    {
                        long i = (restPosition % positions[axis] * strides[axis]) + (restBlock % block[axis] * dilations[axis]) - pads[axis];
                        restPosition /= positions[axis];
                        restBlock /= block[axis];
                        at = (ulong)i < (ulong)image[axis] ? at + (i * stride) : -1;
                        stride *= image[axis];
                    }

                    if (at >= 0)
                    {
                        output[at] += value;
                    }
                }
            }
        }
    }

    private static long Product(ReadOnlySpan<int> sizes)
    {
        long product = 1;
        foreach (int size in sizes)
        {
            product *= size;
        }

        return product;
    }
}
