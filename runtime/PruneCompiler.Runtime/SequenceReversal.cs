// needs: Blocks
using System;

namespace PruneCompiler.Runtime;

/// <summary>Reverses the first elements of each sequence of a batch (ONNX ReverseSequence).</summary>
internal static unsafe class SequenceReversal
{
    /// <summary>Copies blocks; the first lengths[b] of sequence b in reverse order.</summary>
    /// <param name="input">[axis 0, axis 1, block], any element type.</param>
    /// <param name="lengths">One for each sequence.</param>
    /// <param name="output">Like the input.</param>
    /// <param name="batch">Number of sequences.</param>
    /// <param name="time">Blocks of each.</param>
    /// <param name="batchStride">Blocks between neighbouring sequences.</param>
    /// <param name="timeStride">Blocks between neighbours in a sequence.</param>
    /// <param name="blockBytes">Bytes of a block.</param>
    /// <exception cref="ArgumentException">A length is negative or larger than time.</exception>
    public static void Run(void* input, long* lengths, void* output, int batch, int time, long batchStride, long timeStride, long blockBytes)
    {
        for (int b = 0; b < batch; b++)
        {
            long length = lengths[b];
            if ((ulong)length > (ulong)time)
            {
                throw new ArgumentException($"Sequence {b} has the length {length}, but there are {time} steps.");
            }

            for (int t = 0; t < time; t++)
            {
                long source = t < length ? length - 1 - t : t;
                Blocks.Copy((byte*)input + (((b * batchStride) + (source * timeStride)) * blockBytes), (byte*)output + (((b * batchStride) + (t * timeStride)) * blockBytes), blockBytes);
            }
        }
    }
}
