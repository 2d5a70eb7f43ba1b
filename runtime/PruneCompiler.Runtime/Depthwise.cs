// needs: Lanes, GroupTile
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>
/// The loops of a depthwise convolution, all steps in elements. With stride 2 in rows and columns the input is read as it lies, every second pixel being picked
/// in registers.
/// </summary>
/// <param name="images">Images.</param>
/// <param name="channels">Channels.</param>
/// <param name="rows">Output rows; 1 for planes that are flattened to one row.</param>
/// <param name="width">Pixels of an output row, at least 1.</param>
/// <param name="storedWidth">Zeros are stored behind the pixels up to here, and up to the end of the last vector with pixels.</param>
/// <param name="tail">Zeros to store behind the stored width of the last row of each channel.</param>
/// <param name="stride">1 or 2.</param>
/// <param name="channelsFirst">
/// All rows of a channel before the next channel. Where output rows lie closer than the width rounded up to vectors this is needed, since each row's first vector then
/// writes over the zeros behind the last vector of the row before it. Otherwise four rows of all channels go together, which is the order of row panels in memory.
/// </param>
/// <param name="inputImage">Input step for the next image.</param>
/// <param name="inputRow">Input step for the next input row.</param>
/// <param name="inputChannel">Input step for the next channel.</param>
/// <param name="outputImage">Output step for the next image.</param>
/// <param name="outputRow">Output step for the next output row.</param>
/// <param name="outputChannel">Output step for the next channel.</param>
internal readonly struct DepthwiseLoops(
    int images,
    int channels,
    int rows,
    int width,
    int storedWidth,
    int tail,
    int stride,
    bool channelsFirst,
    nint inputImage,
    nint inputRow,
    nint inputChannel,
    nint outputImage,
    nint outputRow,
    nint outputChannel)
{
    public readonly int Images = images, Channels = channels, Rows = rows, Width = width, StoredWidth = storedWidth, Tail = tail, Stride = stride;
    public readonly bool ChannelsFirst = channelsFirst;
    public readonly nint InputImage = inputImage, InputRow = inputRow, InputChannel = inputChannel;
    public readonly nint OutputImage = outputImage, OutputRow = outputRow, OutputChannel = outputChannel;
}

/// <summary>
/// Depthwise convolution, 3 x 3: one input channel for each output channel. The nine weights of a channel stay in registers, pixels lie in vectors, and an
/// input row that several output rows read is loaded once for all of them.
/// </summary>
internal static unsafe class Depthwise
{
    /// <summary>Runs the layer with the widest vectors of the machine.</summary>
    /// <param name="loops">Sizes and steps.</param>
    /// <param name="input">The input pixel under the first tap of the first output pixel; padding is readable zeros.</param>
    /// <param name="output">First output pixel; must not overlap the input.</param>
    /// <param name="weights">[channels][9].</param>
    /// <param name="bias">[channels], or null.</param>
    /// <param name="mask">[width rounded up to 16] all ones for a pixel and zero for a junk column, or null where all are pixels.</param>
    /// <param name="low">Lower bound of the results; NaN passes through.</param>
    /// <param name="high">Upper bound.</param>
    public static void Run(in DepthwiseLoops loops, float* input, float* output, float* weights, float* bias, float* mask, float low, float high)
    {
        if (Lanes512.IsNative)
        {
            Run<Vector512<float>, Lanes512>(loops, input, output, weights, bias, mask, low, high);
        }
        else if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256>(loops, input, output, weights, bias, mask, low, high);
        }
        else if (Lanes128.IsNative)
        {
            Run<Vector128<float>, Lanes128>(loops, input, output, weights, bias, mask, low, high);
        }
        else
        {
            Run<float, Lanes1>(loops, input, output, weights, bias, mask, low, high);
        }
    }

    /// <summary>Runs the layer with the given vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TV, TS>(in DepthwiseLoops loops, float* input, float* output, float* weights, float* bias, float* mask, float low, float high)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int computed = (loops.Width + TS.Count - 1) / TS.Count * TS.Count;
        int strip = loops.ChannelsFirst ? loops.Rows : 4;
        for (int n = 0; n < loops.Images; n++)
        {
            for (int y = 0; y < loops.Rows; y += strip)
            {
                int end = y + strip < loops.Rows ? y + strip : loops.Rows;
                for (int c = 0; c < loops.Channels; c++)
                {
                    float* from = input + (n * loops.InputImage) + (c * loops.InputChannel) + (y * loops.Stride * loops.InputRow);
                    float* to = output + (n * loops.OutputImage) + (c * loops.OutputChannel) + (y * loops.OutputRow);
                    float start = bias == null ? 0f : bias[c];
                    Channel<TV, TS>(loops, from, to, end - y, computed, weights + ((nint)c * 9), start, mask, low, high);
                    if (end == loops.Rows && loops.Tail > 0)
                    {
                        new System.Span<float>(to + ((end - 1 - y) * loops.OutputRow) + loops.StoredWidth, loops.Tail).Clear();
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Channel<TV, TS>(in DepthwiseLoops loops, float* from, float* to, int rows, int computed, float* weights, float bias, float* mask, float low, float high)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        nint inputRow = loops.InputRow, outputRow = loops.OutputRow;
        if (loops.Rows == 1 && loops.Stride == 1)
        {
            Flat<TV, TS>(from, inputRow, to, computed, weights, bias, mask, low, high);
            rows = 0;
            if (loops.StoredWidth > computed)
            {
                new System.Span<float>(to + computed, loops.StoredWidth - computed).Clear();
            }
        }

        int gap = loops.StoredWidth - computed;
        for (int size; rows > 0; rows -= size, to += size * outputRow, from += size * loops.Stride * inputRow)
        {
            if (loops.Stride == 2)
            {
                size = rows >= 2 ? 2 : 1;
                if (size == 2)
                {
                    Strided<TV, TS, Count2>(from, inputRow, to, outputRow, computed, weights, bias, mask, low, high);
                }
                else
                {
                    Strided<TV, TS, Count1>(from, inputRow, to, outputRow, computed, weights, bias, mask, low, high);
                }
            }
            else
            {
                size = rows >= 4 ? 4 : rows >= 2 ? 2 : 1;
                if (size == 4)
                {
                    Rows<TV, TS, Count4>(from, inputRow, to, outputRow, computed, weights, bias, mask, low, high);
                }
                else if (size == 2)
                {
                    Rows<TV, TS, Count2>(from, inputRow, to, outputRow, computed, weights, bias, mask, low, high);
                }
                else
                {
                    Rows<TV, TS, Count1>(from, inputRow, to, outputRow, computed, weights, bias, mask, low, high);
                }
            }

            for (int r = 0; r < size && gap > 0; r++)
            {
                new System.Span<float>(to + (r * outputRow) + computed, gap).Clear();
            }
        }
    }

    // One output row: a whole plane that lies flat. Four vectors side by side, so that none waits for its own sum.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Flat<TV, TS>(float* from, nint inputRow, float* to, int computed, float* weights, float bias, float* mask, float low, float high)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        nint x = 0;
        for (; x <= computed - (4 * TS.Count); x += 4 * TS.Count)
        {
            Vectors<TV, TS, Count4>(from + x, inputRow, to + x, weights, bias, mask == null ? null : mask + x, low, high);
        }

        for (; x <= computed - (2 * TS.Count); x += 2 * TS.Count)
        {
            Vectors<TV, TS, Count2>(from + x, inputRow, to + x, weights, bias, mask == null ? null : mask + x, low, high);
        }

        for (; x < computed; x += TS.Count)
        {
            Vectors<TV, TS, Count1>(from + x, inputRow, to + x, weights, bias, mask == null ? null : mask + x, low, high);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Vectors<TV, TS, TN>(float* from, nint inputRow, float* to, float* weights, float bias, float* mask, float low, float high)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        TV a0 = TS.Create(bias), a1 = a0, a2 = a0, a3 = a0;
        for (int ky = 0; ky < 3; ky++, from += inputRow, weights += 3)
        {
            TV l = TS.Broadcast(weights), m = TS.Broadcast(weights + 1), r = TS.Broadcast(weights + 2);
            TV x0 = *(TV*)from, x1 = TN.Value > 1 ? *(TV*)(from + TS.Count) : default;
            TV x2 = TN.Value > 2 ? *(TV*)(from + (2 * TS.Count)) : default, x3 = TN.Value > 2 ? *(TV*)(from + (3 * TS.Count)) : default;
            TV end = Behind<TV, TS>(from + ((TN.Value - 1) * TS.Count));
            a0 = TS.MultiplyAdd(x0, l, a0);
            a1 = TN.Value > 1 ? TS.MultiplyAdd(x1, l, a1) : a1;
            a2 = TN.Value > 2 ? TS.MultiplyAdd(x2, l, a2) : a2;
            a3 = TN.Value > 2 ? TS.MultiplyAdd(x3, l, a3) : a3;
            a0 = TS.MultiplyAdd(Shift1<TV, TS>(from, x0, TN.Value > 1 ? x1 : end), m, a0);
            a1 = TN.Value > 1 ? TS.MultiplyAdd(Shift1<TV, TS>(from + TS.Count, x1, TN.Value > 2 ? x2 : end), m, a1) : a1;
            a2 = TN.Value > 2 ? TS.MultiplyAdd(Shift1<TV, TS>(from + (2 * TS.Count), x2, x3), m, a2) : a2;
            a3 = TN.Value > 2 ? TS.MultiplyAdd(Shift1<TV, TS>(from + (3 * TS.Count), x3, end), m, a3) : a3;
            a0 = TS.MultiplyAdd(Shift2<TV, TS>(from, x0, TN.Value > 1 ? x1 : end), r, a0);
            a1 = TN.Value > 1 ? TS.MultiplyAdd(Shift2<TV, TS>(from + TS.Count, x1, TN.Value > 2 ? x2 : end), r, a1) : a1;
            a2 = TN.Value > 2 ? TS.MultiplyAdd(Shift2<TV, TS>(from + (2 * TS.Count), x2, x3), r, a2) : a2;
            a3 = TN.Value > 2 ? TS.MultiplyAdd(Shift2<TV, TS>(from + (3 * TS.Count), x3, end), r, a3) : a3;
        }

        TV least = TS.Create(low), most = TS.Create(high);
        Store<TV, TS>(to, a0, least, most, mask);
        if (TN.Value > 1)
        {
            Store<TV, TS>(to + TS.Count, a1, least, most, mask == null ? null : mask + TS.Count);
        }

        if (TN.Value > 2)
        {
            Store<TV, TS>(to + (2 * TS.Count), a2, least, most, mask == null ? null : mask + (2 * TS.Count));
            Store<TV, TS>(to + (3 * TS.Count), a3, least, most, mask == null ? null : mask + (3 * TS.Count));
        }
    }

    // One, two or four output rows. From right to left: what a row's last vector writes beyond the row is then written again by the next row's first one.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TV, TS, TN>(float* from, nint inputRow, float* to, nint outputRow, int computed, float* weights, float bias, float* mask, float low, float high)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        TV w0 = TS.Broadcast(weights), w1 = TS.Broadcast(weights + 1), w2 = TS.Broadcast(weights + 2);
        TV w3 = TS.Broadcast(weights + 3), w4 = TS.Broadcast(weights + 4), w5 = TS.Broadcast(weights + 5);
        TV w6 = TS.Broadcast(weights + 6), w7 = TS.Broadcast(weights + 7), w8 = TS.Broadcast(weights + 8);
        TV least = TS.Create(low), most = TS.Create(high), start = TS.Create(bias);
        TV b0 = Behind<TV, TS>(from + computed - TS.Count), b1 = Behind<TV, TS>(from + inputRow + computed - TS.Count), b2 = Behind<TV, TS>(from + (2 * inputRow) + computed - TS.Count);
        TV b3 = TN.Value > 1 ? Behind<TV, TS>(from + (3 * inputRow) + computed - TS.Count) : default;
        TV b4 = TN.Value > 2 ? Behind<TV, TS>(from + (4 * inputRow) + computed - TS.Count) : default, b5 = TN.Value > 2 ? Behind<TV, TS>(from + (5 * inputRow) + computed - TS.Count) : default;
        for (nint x = computed - TS.Count; x >= 0; x -= TS.Count)
        {
            float* p = from + x;
            Three<TV, TS>(p, ref b0, out TV l, out TV m, out TV r);
            TV a0 = Add<TV, TS>(start, l, m, r, w0, w1, w2), a1 = default, a2 = default, a3 = default;
            p += inputRow;
            Three<TV, TS>(p, ref b1, out l, out m, out r);
            a0 = Add<TV, TS>(a0, l, m, r, w3, w4, w5);
            a1 = TN.Value > 1 ? Add<TV, TS>(start, l, m, r, w0, w1, w2) : a1;
            p += inputRow;
            Three<TV, TS>(p, ref b2, out l, out m, out r);
            a0 = Add<TV, TS>(a0, l, m, r, w6, w7, w8);
            a1 = TN.Value > 1 ? Add<TV, TS>(a1, l, m, r, w3, w4, w5) : a1;
            a2 = TN.Value > 2 ? Add<TV, TS>(start, l, m, r, w0, w1, w2) : a2;
            float* q = to + x;
            float* junk = mask == null ? null : mask + x;
            Store<TV, TS>(q, a0, least, most, junk);
            if (TN.Value > 1)
            {
                p += inputRow;
                Three<TV, TS>(p, ref b3, out l, out m, out r);
                a1 = Add<TV, TS>(a1, l, m, r, w6, w7, w8);
                a2 = TN.Value > 2 ? Add<TV, TS>(a2, l, m, r, w3, w4, w5) : a2;
                a3 = TN.Value > 2 ? Add<TV, TS>(start, l, m, r, w0, w1, w2) : a3;
                q += outputRow;
                Store<TV, TS>(q, a1, least, most, junk);
            }

            if (TN.Value > 2)
            {
                p += inputRow;
                Three<TV, TS>(p, ref b4, out l, out m, out r);
                a2 = Add<TV, TS>(a2, l, m, r, w6, w7, w8);
                a3 = Add<TV, TS>(a3, l, m, r, w3, w4, w5);
                p += inputRow;
                Three<TV, TS>(p, ref b5, out l, out m, out r);
                a3 = Add<TV, TS>(a3, l, m, r, w6, w7, w8);
                q += outputRow;
                Store<TV, TS>(q, a2, least, most, junk);
                Store<TV, TS>(q + outputRow, a3, least, most, junk);
            }
        }
    }

    // A load of 64 bytes that is not aligned takes two accesses, so that 512-bit vectors are shifted in registers: each needs the one behind it, of which two elements are used.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Shifts<TV>() => typeof(TV) == typeof(Vector512<float>) && Avx512F.IsSupported;

    // The vector behind the one at p.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Behind<TV, TS>(float* p)
        where TV : unmanaged
        where TS : struct, ILanes<TV> => Shifts<TV>() ? *(TV*)(p + TS.Count) : default;

    // The vectors at p, p + 1 and p + 2; the vector behind them becomes that behind the next ones on the left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Three<TV, TS>(float* p, ref TV behind, out TV l, out TV m, out TV r)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        l = *(TV*)p;
        m = Shift1<TV, TS>(p, l, behind);
        r = Shift2<TV, TS>(p, l, behind);
        behind = l;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Shift1<TV, TS>(float* p, TV at, TV behind)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => Shifts<TV>() ? Unsafe.BitCast<Vector512<int>, TV>(Avx512F.AlignRight32(Unsafe.BitCast<TV, Vector512<int>>(behind), Unsafe.BitCast<TV, Vector512<int>>(at), 1)) : *(TV*)(p + 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Shift2<TV, TS>(float* p, TV at, TV behind)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => Shifts<TV>() ? Unsafe.BitCast<Vector512<int>, TV>(Avx512F.AlignRight32(Unsafe.BitCast<TV, Vector512<int>>(behind), Unsafe.BitCast<TV, Vector512<int>>(at), 2)) : *(TV*)(p + 2);

    // One or two output rows of a layer with stride 2.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strided<TV, TS, TN>(float* from, nint inputRow, float* to, nint outputRow, int computed, float* weights, float bias, float* mask, float low, float high)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        TV w0 = TS.Broadcast(weights), w1 = TS.Broadcast(weights + 1), w2 = TS.Broadcast(weights + 2);
        TV w3 = TS.Broadcast(weights + 3), w4 = TS.Broadcast(weights + 4), w5 = TS.Broadcast(weights + 5);
        TV w6 = TS.Broadcast(weights + 6), w7 = TS.Broadcast(weights + 7), w8 = TS.Broadcast(weights + 8);
        TV least = TS.Create(low), most = TS.Create(high), start = TS.Create(bias);
        float* end = from + (2 * computed);
        TV b0 = TS.Broadcast(end), b1 = TS.Broadcast(end + inputRow), b2 = TS.Broadcast(end + (2 * inputRow));
        TV b3 = TN.Value > 1 ? TS.Broadcast(end + (3 * inputRow)) : default, b4 = TN.Value > 1 ? TS.Broadcast(end + (4 * inputRow)) : default;
        for (nint x = computed - TS.Count; x >= 0; x -= TS.Count)
        {
            float* p = from + (2 * x);
            Split<TV, TS>(p, ref b0, out TV l, out TV m, out TV r);
            TV a0 = Add<TV, TS>(start, l, m, r, w0, w1, w2), a1 = default;
            p += inputRow;
            Split<TV, TS>(p, ref b1, out l, out m, out r);
            a0 = Add<TV, TS>(a0, l, m, r, w3, w4, w5);
            p += inputRow;
            Split<TV, TS>(p, ref b2, out l, out m, out r);
            a0 = Add<TV, TS>(a0, l, m, r, w6, w7, w8);
            a1 = TN.Value > 1 ? Add<TV, TS>(start, l, m, r, w0, w1, w2) : a1;
            float* junk = mask == null ? null : mask + x;
            Store<TV, TS>(to + x, a0, least, most, junk);
            if (TN.Value > 1)
            {
                p += inputRow;
                Split<TV, TS>(p, ref b3, out l, out m, out r);
                a1 = Add<TV, TS>(a1, l, m, r, w3, w4, w5);
                p += inputRow;
                Split<TV, TS>(p, ref b4, out l, out m, out r);
                a1 = Add<TV, TS>(a1, l, m, r, w6, w7, w8);
                Store<TV, TS>(to + x + outputRow, a1, least, most, junk);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Add<TV, TS>(TV sum, TV l, TV m, TV r, TV wl, TV wm, TV wr)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => TS.MultiplyAdd(r, wr, TS.MultiplyAdd(m, wm, TS.MultiplyAdd(l, wl, sum)));

    // Pixels 0, 2, 4 ..., then 1, 3, 5 ..., then 2, 4, 6 ...; of the vector behind, whose first element the last of these is, as in Three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Split<TV, TS>(float* p, ref TV behind, out TV l, out TV m, out TV r)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        TV a = *(TV*)p, b = *(TV*)(p + TS.Count);
        l = TS.Evens(a, b);
        m = TS.Odds(a, b);
        r = Shifts<TV>() ? Shift1<TV, TS>(p, l, behind) : TS.Evens(*(TV*)(p + 2), *(TV*)(p + 2 + TS.Count));
        behind = l;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TV, TS>(float* to, TV value, TV low, TV high, float* mask)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        value = TS.Min(high, TS.Max(low, value));
        *(TV*)to = mask == null ? value : TS.And(value, *(TV*)mask);
    }
}
