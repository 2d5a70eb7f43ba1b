// needs: Blocks
using System;

namespace PruneCompiler.Runtime;

/// <summary>The upper or lower triangle of matrices (ONNX Trilu).</summary>
internal static unsafe class Triangle
{
    /// <summary>Copies the triangle and writes zeros elsewhere.</summary>
    /// <param name="input">[batch, rows, columns], any element type.</param>
    /// <param name="output">Like the input.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="batch">Number of matrices.</param>
    /// <param name="rows">Rows of each.</param>
    /// <param name="columns">Columns of each.</param>
    /// <param name="k">The diagonal where the triangle ends: 0 the main one, positive above it.</param>
    /// <param name="upper">True keeps columns from row + k on, false those up to row + k.</param>
    public static void Run(void* input, void* output, int size, long batch, int rows, int columns, long k, bool upper)
    {
        byte* from = (byte*)input, to = (byte*)output;
        long rowBytes = (long)columns * size;
        for (long b = 0; b < batch; b++)
        {
            for (int r = 0; r < rows; r++)
            {
                long edge = Math.Clamp(r + k + (upper ? 0 : 1), 0, columns) * size; // where kept and cleared columns meet
                long start = upper ? edge : 0, end = upper ? rowBytes : edge;
                Blocks.Clear(to, start);
                Blocks.Copy(from + start, to + start, end - start);
                Blocks.Clear(to + end, rowBytes - end);
                from += rowBytes;
                to += rowBytes;
            }
        }
    }
}
