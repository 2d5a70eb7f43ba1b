// needs: IntegerByteTile IntegerLayer IntegerOutput IntegerTile
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>
/// 8-bit convolutions and matrix products: unsigned activations with the channels of a pixel side by side, signed weights, int32 sums.
/// </summary>
/// <remarks>
/// The weights are packed in blocks of 16 output channels. A block is a list of steps; a step is the offset of four neighbouring bytes from the first byte
/// of the window, and 16 x 4 weights. Bytes that no weight of the block meets have no step. Kernel sizes, dilations and groups are all in the offsets.
/// Borders hold the input's zero point, which the bias takes out again, so that padding needs no case of its own.
/// </remarks>
internal static unsafe class IntegerConv
{
    /// <summary>Runs the layer; T is byte (requantised), float (scaled) or int (sums).</summary>
    /// <param name="loops">The output's pixels.</param>
    /// <param name="x">First byte of the first window.</param>
    /// <param name="weights">64 bytes for each step.</param>
    /// <param name="taps">Byte offset of each step.</param>
    /// <param name="blocks">Steps of each block of 16 output channels.</param>
    /// <param name="epilogue">What becomes of the sums.</param>
    /// <param name="y">First pixel of the output.</param>
    public static void Run<T>(in IntegerLoops loops, byte* x, sbyte* weights, int* taps, int* blocks, in IntegerEpilogue epilogue, T* y)
        where T : unmanaged
    {
        int pixels = loops.Images * loops.Rows * loops.Width, tile = pixels < IntegerTile.Pixels ? 1 : IntegerTile.Pixels;
        byte** from = stackalloc byte*[IntegerTile.Pixels];
        long* to = stackalloc long[IntegerTile.Pixels];
        int* biases = stackalloc int[IntegerTile.Pixels];
        int* sums = stackalloc int[IntegerTile.Pixels * IntegerOutput.Block];
        for (int first = 0; first < pixels; first += tile)
        {
            // The last tile begins earlier, so that it is full; the pixels that it shares with the one before come out the same.
            Locate(loops, x, first < pixels - tile ? first : pixels - tile, tile, from, to, biases);
            sbyte* blockWeights = weights;
            int* blockTaps = taps;
            for (int channel = 0, block = 0; channel < loops.Channels; channel += IntegerOutput.Block, block++)
            {
                int steps = blocks[block];
                if (typeof(T) == typeof(byte) && IntegerByteTile.IsSupported && tile > 1 && loops.BiasPixel == 0 && loops.Channels - channel >= IntegerOutput.Block)
                {
                    IntegerByteTile.Run(from, blockWeights, blockTaps, steps, epilogue.From(channel), (byte*)(y + channel), to);
                    blockWeights += steps * IntegerTile.StepBytes;
                    blockTaps += steps;
                    continue;
                }

                if (tile == 1)
                {
                    IntegerTile.SumOne(from[0], blockWeights, blockTaps, steps, sums);
                }
                else
                {
                    IntegerTile.Sum(from, blockWeights, blockTaps, steps, sums);
                }

                Store(loops, epilogue, channel, tile, sums, biases, to, y);
                blockWeights += steps * IntegerTile.StepBytes;
                blockTaps += steps;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(in IntegerLoops loops, in IntegerEpilogue epilogue, int channel, int tile, int* sums, int* biases, long* to, T* y)
        where T : unmanaged
    {
        int count = loops.Channels - channel;
        if (count >= IntegerOutput.Block)
        {
            for (int p = 0; p < tile; p++)
            {
                IntegerOutput.Store(sums + (p * IntegerOutput.Block), epilogue, channel, epilogue.Bias + biases[p] + channel, IntegerTile.Signed, y + to[p] + channel);
            }

            return;
        }

        T* all = stackalloc T[IntegerOutput.Block];
        for (int p = 0; p < tile; p++)
        {
            IntegerOutput.Store(sums + (p * IntegerOutput.Block), epilogue, channel, epilogue.Bias + biases[p] + channel, IntegerTile.Signed, all);
            IntegerOutput.Copy(all, y + to[p] + channel, count);
        }
    }

    // Where the pixels of a tile lie, in raster order from a pixel on.
    private static void Locate(in IntegerLoops loops, byte* x, int pixel, int count, byte** from, long* to, int* biases)
    {
        int row = pixel / loops.Width, column = pixel - (row * loops.Width), image = row / loops.Rows;
        row -= image * loops.Rows;
        for (int i = 0; i < count; i++)
        {
            from[i] = x + (image * loops.InputImage) + (row * loops.InputRow) + (column * loops.InputPixel);
            to[i] = (image * loops.OutputImage) + (row * loops.OutputRow) + (column * loops.OutputPixel);
            biases[i] = ((row * loops.Width) + column) * loops.BiasPixel;
            if (++column == loops.Width)
            {
                column = 0;
                if (++row == loops.Rows)
                {
                    row = 0;
                    image++;
                }
            }
        }
    }
}
