using System;
using System.Runtime.CompilerServices;

namespace PruneCompiler.Runtime;

/// <summary>
/// The memory of an activation of which only the rows are kept that are still needed, while layers run in bands of rows. Kernels address rows as if all were there: the window
/// rolls along the image, and what is still needed moves to its begin.
/// </summary>
/// <param name="memory">The lead, <paramref name="capacity"/> rows, the tail.</param>
/// <param name="lead">Elements in front of the first row that is kept, which stay zero.</param>
/// <param name="tail">Elements behind the last one, likewise.</param>
/// <param name="rowLength">Elements from one row, of all channels, to the next.</param>
/// <param name="capacity">Rows that are kept at most.</param>
/// <param name="top">Rows of zeros above the image.</param>
/// <param name="rows">Rows of the image.</param>
/// <param name="bottom">Rows of zeros below the image.</param>
internal unsafe struct RowWindow(float* memory, int lead, int tail, nint rowLength, int capacity, int top, int rows, int bottom)
{
    private readonly float* memory = memory;
    private readonly nint rowLength = rowLength;
    private readonly int lead = lead, tail = tail, capacity = capacity, top = top, rows = rows, bottom = bottom;
    private int start = int.MinValue; // the row of the image that lies first

    /// <summary>Makes room for the rows of a band.</summary>
    /// <param name="needed">The first row that is still read, those above the image included.</param>
    /// <param name="first">The first row that the band computes: those from <paramref name="needed"/> to here are there or are padding.</param>
    /// <param name="end">The row behind the last that it computes.</param>
    /// <returns>Where the buffer of the whole activation would begin.</returns>
    /// <remarks>In bounds: the plan walked all bands of any number of threads, and the capacity is the most rows that lay between needed and end, padding included.</remarks>
    public float* Roll(int needed, int first, int end)
    {
        float* origin = memory + lead;
        int from = Math.Max(needed, -top);
        if (start == int.MinValue)
        {
            Zero(memory, lead);
            Zero(origin + (capacity * rowLength), tail);
            if (from < 0)
            {
                Zero(origin, -from * rowLength);
            }
        }
        else if (from > start && first > from)
        {
            nint bytes = (first - from) * rowLength * sizeof(float);
            Buffer.MemoryCopy(origin + ((from - start) * rowLength), origin, bytes, bytes);
        }

        start = from;
        if (end == rows && bottom > 0)
        {
            Zero(origin + ((rows - from) * rowLength), bottom * rowLength);
        }

        return memory - ((top + from) * rowLength);
    }

    private static void Zero(float* at, nint count) => Unsafe.InitBlockUnaligned(at, 0, checked((uint)(count * sizeof(float))));
}
