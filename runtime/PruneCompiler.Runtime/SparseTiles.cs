// needs: Lanes, Panels, GroupTile
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>
/// Sparse convolution on tiles that are packed for the first-level cache: what a tile of up to 8 vectors of output pixels reads is copied, block by block of
/// taps, into lines of 16 floats, so that every load of the inner loop is aligned, hits the first-level cache and differs from the tap's address by a constant.
/// </summary>
/// <remarks>
/// <para>A vector is 16 neighbouring pixels, whatever the processor's width is: narrower registers walk a tile in several passes. A tile is <c>rows</c> by
/// <c>columns</c> of them; a flattened plane counts as one column, whose rows are its vectors. A strip is a column of <c>columns</c> vectors that some taps share:
/// taps that differ by a whole image row read the same strip further down. Shifted by one pixel it is another strip, which is how loads become aligned.</para>
/// <para>Packed form (little-endian, 4-byte aligned; SparseTilePacker writes it): <c>int slices, blocks, rows, columns, lines, sums, ints, flat</c>: output channels are dealt into
/// slices, the taps of each into <c>blocks</c> blocks; <c>lines</c> is the length of the longest block, <c>sums</c> the lines of memory for sums, and <c>ints</c> is what follows up to the taps.
/// Per slice and block: <c>strips, channel, runs, taps</c>, where <c>channel</c> is the first of the slice; per strip <c>offset, rows</c>; per run of output channels with equally many taps
/// <c>taps, channels, channel...</c>. Then the taps in that order, 6 bytes each: the float weight, then the line as ushort; 2 bytes of padding.</para>
/// <para>Sums pass from block to block through memory: [channel of the slice][vector of the tile][16]. It is on the stack, as the tile is, so that threads do not meet there.</para>
/// </remarks>
internal static unsafe class SparseTiles
{
    /// <summary>Bytes of a packed tap.</summary>
    public const int TapBytes = 6;

    /// <summary>Pixels in a line of a packed tile: the widest vector.</summary>
    public const int Line = 16;

    /// <summary>Vectors of a tile at most.</summary>
    public const int MaxTile = 8;

    // Channels are written in no order that the hardware foresees; beyond the second-level cache they are fetched ahead.
    private const long LargeOutput = 512 * 1024;

    /// <summary>Runs the layer with the widest vectors of the machine.</summary>
    /// <param name="loops">Sizes and steps, in elements.</param>
    /// <param name="input">Input origin; strip offsets are relative to it. Must not overlap the output.</param>
    /// <param name="output">Output origin.</param>
    /// <param name="packed">The packed taps.</param>
    /// <param name="epilogue">Bias, residual, activation, and where channels are stored.</param>
    public static void Run(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
    {
        if (Lanes512.IsNative)
        {
            Run<Vector512<float>, Lanes512>(loops, input, output, packed, epilogue);
        }
        else if (Lanes256.IsNative)
        {
            Run<Vector256<float>, Lanes256>(loops, input, output, packed, epilogue);
        }
        else if (Lanes128.IsNative)
        {
            Run<Vector128<float>, Lanes128>(loops, input, output, packed, epilogue);
        }
        else
        {
            Run<float, Lanes1>(loops, input, output, packed, epilogue);
        }
    }

    /// <summary>Runs the layer with the given vectors.</summary>
    [SkipLocalsInit]
    public static void Run<TV, TS>(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int* header = (int*)packed;
        int rowsOfTile = header[2], columnsOfTile = header[3], lines = header[4], sums = header[5];
        int columns = (loops.Width + Line - 1) / Line, rows = loops.Rows;
        nint inputStep = loops.InputRow;
        bool flat = header[7] != 0;
        if (flat)
        {
            (rows, columns, inputStep) = (columns, 1, Line);
        }

        // The packer keeps both below 200 KB.
        float* tile = stackalloc float[(lines + sums + 1) * Line];
        tile = GroupTile.Align(tile);
        PanelVector* at = stackalloc PanelVector[MaxTile];
        bool fetch = (long)rows * columns * Line * epilogue.Channels * sizeof(float) > LargeOutput;
        var context = new SparseTileContext(at, tile, tile + ((nint)lines * Line), header[1] == 1, epilogue, fetch);
        for (int image = 0; image < loops.Images; image++)
        {
            for (int plane = 0; plane < loops.Planes; plane++)
            {
                for (int y = 0, height; y < rows; y += height)
                {
                    height = Panels.TileSize(rows - y, rowsOfTile);
                    for (int x = 0; x < columns; x += columnsOfTile)
                    {
                        // The columns of a tile divide the columns of the image.
                        for (int v = 0; v < height * columnsOfTile; v++)
                        {
                            int vector = flat ? y + v : ((y + (v / columnsOfTile)) * columns) + x + (v % columnsOfTile);
                            Panels.Locate(at + v, vector, 1, Line, loops, image, plane, input, output, epilogue);
                        }

                        Tile<TV, TS>(at->Input, inputStep, height, columnsOfTile, header, &context);
                    }
                }
            }
        }

        Panels.ClearGaps(loops, Line, output, epilogue.OutputOffset, epilogue.Channels);
    }

    // All blocks of all slices, hence all output channels, for one tile of pixels.
    private static void Tile<TV, TS>(float* input, nint inputStep, int height, int columns, int* header, SparseTileContext* context)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int slices = header[0], blocks = header[1];
        int* record = header + 8;
        byte* taps = (byte*)(record + header[6]);
        for (int b = 0; b < slices * blocks; b++)
        {
            int strips = record[0], count = record[3];
            context->Slice = record[1];
            int runs = record[2];
            record += 4;
            Pack<TV, TS>(input, inputStep, columns, record, strips, header[2] - height, context->Tile);
            record += 2 * strips;
            context->First = b % blocks == 0;
            context->Last = b % blocks == blocks - 1;
            for (int lane = 0; lane < Line; lane += TS.Count)
            {
                context->Taps = taps;
                context->Lane = lane;
                context->Record = record;
                context->Runs = runs;
                Rows<TV, TS>(height * columns, context);
            }

            record = context->Record;
            taps += (nint)count * TapBytes;
        }
    }

    private static void Rows<TV, TS>(int vectors, SparseTileContext* context)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        switch (vectors)
        {
            case 8:
                Rows<TV, TS, Count8>(context);
                break;
            case 7:
                Rows<TV, TS, Count7>(context);
                break;
            case 6:
                Rows<TV, TS, Count6>(context);
                break;
            case 5:
                Rows<TV, TS, Count5>(context);
                break;
            case 4:
                Rows<TV, TS, Count4>(context);
                break;
            case 3:
                Rows<TV, TS, Count3>(context);
                break;
            case 2:
                Rows<TV, TS, Count2>(context);
                break;
            default:
                Rows<TV, TS, Count1>(context);
                break;
        }
    }

    // Copies the strips of a block, one behind the other. A tile of fewer rows leaves out as many of each strip, which no tap reads then and which may not exist. Bounds: every
    // vector that is copied lies between the first vector of the tile at the smallest tap offset and the last one at the largest, and all of that lies in the input's buffer.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pack<TV, TS>(float* input, nint step, int columns, int* strip, int strips, int fewer, float* tile)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int width = columns * Line;
        for (int s = 0; s < strips; s++, strip += 2)
        {
            float* from = input + strip[0];
            for (int y = fewer; y < strip[1]; y++, from += step, tile += width)
            {
                for (int x = 0; x < width; x += TS.Count)
                {
                    *(TV*)(tile + x) = *(TV*)(from + x);
                }
            }

            tile += fewer * width;
        }
    }

    // Every output channel of a block: its taps, one after the other, on all vectors of the tile.
    private static void Rows<TV, TS, TN>(SparseTileContext* context)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        for (; context->Runs > 0; context->Runs--)
        {
            int taps = context->Record[0];
            context->Members = context->Record[1];
            context->Record += 2;
            if (TN.Value <= 4 || Panels.ManyRegisters<TV, TS>())
            {
                Pairs<TV, TS, TN>(context, taps * TapBytes);
            }

            Singles<TV, TS, TN>(context, taps * TapBytes);
        }
    }

    // Two channels with equally many taps side by side, which hides the latency of the multiply-adds.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pairs<TV, TS, TN>(SparseTileContext* context, nint bytes)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        byte* tile = (byte*)(context->Tile + context->Lane);
        byte* tap = context->Taps;
        for (; context->Members > 1; context->Members -= 2, context->Record += 2)
        {
            TV a0 = default, a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
            TV b0 = a0, b1 = a0, b2 = a0, b3 = a0, b4 = a0, b5 = a0, b6 = a0, b7 = a0;
            if (!context->First)
            {
                Load<TV, TN>(context->Sums<TN>(0), out a0, out a1, out a2, out a3, out a4, out a5, out a6, out a7);
                Load<TV, TN>(context->Sums<TN>(1), out b0, out b1, out b2, out b3, out b4, out b5, out b6, out b7);
            }

            for (byte* end = tap + bytes; tap != end; tap += TapBytes)
            {
                ulong first = *(ulong*)tap, second = *(ulong*)(tap + bytes);
                TV w = Weight<TV, TS>(tap, first), u = Weight<TV, TS>(tap + bytes, second);
                byte* x = tile + (nint)((first >> 26) & (0xFFFF << 6)), y = tile + (nint)((second >> 26) & (0xFFFF << 6));
                a0 = TS.MultiplyAdd(*(TV*)x, w, a0);
                a1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(x + 64), w, a1) : a1;
                a2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(x + 128), w, a2) : a2;
                a3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(x + 192), w, a3) : a3;
                a4 = TN.Value > 4 ? TS.MultiplyAdd(*(TV*)(x + 256), w, a4) : a4;
                a5 = TN.Value > 5 ? TS.MultiplyAdd(*(TV*)(x + 320), w, a5) : a5;
                a6 = TN.Value > 6 ? TS.MultiplyAdd(*(TV*)(x + 384), w, a6) : a6;
                a7 = TN.Value > 7 ? TS.MultiplyAdd(*(TV*)(x + 448), w, a7) : a7;
                b0 = TS.MultiplyAdd(*(TV*)y, u, b0);
                b1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(y + 64), u, b1) : b1;
                b2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(y + 128), u, b2) : b2;
                b3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(y + 192), u, b3) : b3;
                b4 = TN.Value > 4 ? TS.MultiplyAdd(*(TV*)(y + 256), u, b4) : b4;
                b5 = TN.Value > 5 ? TS.MultiplyAdd(*(TV*)(y + 320), u, b5) : b5;
                b6 = TN.Value > 6 ? TS.MultiplyAdd(*(TV*)(y + 384), u, b6) : b6;
                b7 = TN.Value > 7 ? TS.MultiplyAdd(*(TV*)(y + 448), u, b7) : b7;
            }

            tap += bytes;
            Keep<TV, TN>(context->Sums<TN>(0), a0, a1, a2, a3, a4, a5, a6, a7);
            Keep<TV, TN>(context->Sums<TN>(1), b0, b1, b2, b3, b4, b5, b6, b7);
            if (context->Last)
            {
                context->Finish<TV, TS, TN>(2);
            }
        }

        context->Taps = tap;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Singles<TV, TS, TN>(SparseTileContext* context, nint bytes)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        byte* tile = (byte*)(context->Tile + context->Lane);
        byte* tap = context->Taps;
        for (; context->Members > 0; context->Members--, context->Record++)
        {
            TV a0 = default, a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0;
            if (!context->First)
            {
                Load<TV, TN>(context->Sums<TN>(0), out a0, out a1, out a2, out a3, out a4, out a5, out a6, out a7);
            }

            for (byte* end = tap + bytes; tap != end; tap += TapBytes)
            {
                ulong both = *(ulong*)tap;
                TV w = Weight<TV, TS>(tap, both);
                byte* x = tile + (nint)((both >> 26) & (0xFFFF << 6));
                a0 = TS.MultiplyAdd(*(TV*)x, w, a0);
                a1 = TN.Value > 1 ? TS.MultiplyAdd(*(TV*)(x + 64), w, a1) : a1;
                a2 = TN.Value > 2 ? TS.MultiplyAdd(*(TV*)(x + 128), w, a2) : a2;
                a3 = TN.Value > 3 ? TS.MultiplyAdd(*(TV*)(x + 192), w, a3) : a3;
                a4 = TN.Value > 4 ? TS.MultiplyAdd(*(TV*)(x + 256), w, a4) : a4;
                a5 = TN.Value > 5 ? TS.MultiplyAdd(*(TV*)(x + 320), w, a5) : a5;
                a6 = TN.Value > 6 ? TS.MultiplyAdd(*(TV*)(x + 384), w, a6) : a6;
                a7 = TN.Value > 7 ? TS.MultiplyAdd(*(TV*)(x + 448), w, a7) : a7;
            }

            Keep<TV, TN>(context->Sums<TN>(0), a0, a1, a2, a3, a4, a5, a6, a7);
            if (context->Last)
            {
                context->Finish<TV, TS, TN>(1);
            }
        }

        context->Taps = tap;
    }

    // A tap's weight in every lane: from the register that holds weight and line where loads are what is scarce.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TV Weight<TV, TS>(byte* tap, ulong both)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        if (typeof(TV) == typeof(Vector512<float>))
        {
            Vector512<float> w = Vector512.Create((uint)both).AsSingle();
            return *(TV*)&w;
        }

        return TS.Broadcast((float*)tap);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TV, TN>(float* from, out TV a0, out TV a1, out TV a2, out TV a3, out TV a4, out TV a5, out TV a6, out TV a7)
        where TV : unmanaged
        where TN : struct, ICount
    {
        a0 = *(TV*)from;
        a1 = TN.Value > 1 ? *(TV*)(from + 16) : default;
        a2 = TN.Value > 2 ? *(TV*)(from + 32) : default;
        a3 = TN.Value > 3 ? *(TV*)(from + 48) : default;
        a4 = TN.Value > 4 ? *(TV*)(from + 64) : default;
        a5 = TN.Value > 5 ? *(TV*)(from + 80) : default;
        a6 = TN.Value > 6 ? *(TV*)(from + 96) : default;
        a7 = TN.Value > 7 ? *(TV*)(from + 112) : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep<TV, TN>(float* to, TV a0, TV a1, TV a2, TV a3, TV a4, TV a5, TV a6, TV a7)
        where TV : unmanaged
        where TN : struct, ICount
    {
        *(TV*)to = a0;
        if (TN.Value > 1)
        {
            *(TV*)(to + 16) = a1;
        }

        if (TN.Value > 2)
        {
            *(TV*)(to + 32) = a2;
        }

        if (TN.Value > 3)
        {
            *(TV*)(to + 48) = a3;
        }

        if (TN.Value > 4)
        {
            *(TV*)(to + 64) = a4;
        }

        if (TN.Value > 5)
        {
            *(TV*)(to + 80) = a5;
        }

        if (TN.Value > 6)
        {
            *(TV*)(to + 96) = a6;
        }

        if (TN.Value > 7)
        {
            *(TV*)(to + 112) = a7;
        }
    }
}

/// <summary>
/// What the loop over the output channels of a tile needs outside its innermost loop. It lives in memory on purpose: registers belong to the innermost loop, and the
/// JIT would give them to these instead.
/// </summary>
internal unsafe struct SparseTileContext(PanelVector* at, float* tile, float* sums, bool one, in PanelEpilogue epilogue, bool fetch)
{
    // Channels that pass in about the time that a line takes to arrive.
    private const int Ahead = 4;

    /// <summary>The packed tile.</summary>
    public readonly float* Tile = tile;

    /// <summary>Output channels of the block: runs of equally many taps.</summary>
    public int* Record;

    /// <summary>Taps to come.</summary>
    public byte* Taps;

    /// <summary>Runs and members to go, and the lane of each line at which the pass begins.</summary>
    public int Runs, Members, Lane;

    /// <summary>The first output channel whose sums are kept.</summary>
    public int Slice;

    /// <summary>Whether sums begin with zero, and whether they are complete after this block.</summary>
    public bool First, Last;

    private readonly PanelVector* at = at;
    private readonly float* sums = sums;
    private readonly bool one = one;
    private readonly bool fetch = fetch;
    private readonly PanelEpilogue epilogue = epilogue;

    /// <summary>Where the sums of a channel to come are kept between blocks. With one block, they only pass on their way to the output.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly float* Sums<TN>(int member)
        where TN : struct, ICount
        => sums + ((nint)(one ? member : Record[member] - Slice) * (TN.Value * SparseTiles.Line)) + Lane;

    /// <summary>Finishes and stores the sums of the next channels: bias, residual, activation, mask.</summary>
    /// <param name="members">Channels.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public readonly void Finish<TV, TS, TN>(int members)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        where TN : struct, ICount
    {
        TV low = TS.Create(epilogue.Low), high = TS.Create(epilogue.High);
        for (int m = 0; m < members; m++)
        {
            int o = Record[m];
            if (fetch && Members > Ahead + m)
            {
                Fetch<TN>(Record[Ahead + m]);
            }

            float* sum = Sums<TN>(m);
            PanelVector* v = at;
            nint place = (nint)epilogue.OutputOffset[o] + Lane;
            nint residual = epilogue.Residual == null ? 0 : (nint)epilogue.ResidualOffset[o] + Lane;
            nint biasRow = ((nint)o * epilogue.BiasRowLength) + Lane;
            TV bias = epilogue.Bias == null ? default : TS.Broadcast(epilogue.Bias + o);
            for (int i = 0; i < TN.Value; i++, v++, sum += SparseTiles.Line)
            {
                TV value = TS.Add(*(TV*)sum, epilogue.BiasRows == null ? bias : *(TV*)(v->BiasRow + biasRow));
                if (epilogue.Residual != null)
                {
                    value = TS.Add(value, *(TV*)(v->Residual + residual));
                }

                if (epilogue.Slope != 1f)
                {
                    value = Panels.Leak<TV, TS>(value, TS.Create(epilogue.Slope));
                }

                value = TS.Min(high, TS.Max(low, value));
                if (epilogue.Mask != null)
                {
                    value = TS.And(value, *(TV*)(v->Mask + Lane));
                }

                *(TV*)(v->Output + place) = value;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Fetch<TN>(int o)
        where TN : struct, ICount
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        Fetch<TN>(&at->Output, epilogue.OutputOffset[o]);
        if (epilogue.Residual != null)
        {
            Fetch<TN>(&at->Residual, epilogue.ResidualOffset[o]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch<TN>(float** of, nint offset)
        where TN : struct, ICount
    {
        const int Next = 5; // pointers in a PanelVector
        Sse.Prefetch0(of[0] + offset);
        if (TN.Value > 1)
        {
            Sse.Prefetch0(of[Next] + offset);
        }

        if (TN.Value > 2)
        {
            Sse.Prefetch0(of[2 * Next] + offset);
        }

        if (TN.Value > 3)
        {
            Sse.Prefetch0(of[3 * Next] + offset);
        }

        if (TN.Value > 4)
        {
            Sse.Prefetch0(of[4 * Next] + offset);
        }

        if (TN.Value > 5)
        {
            Sse.Prefetch0(of[5 * Next] + offset);
        }

        if (TN.Value > 6)
        {
            Sse.Prefetch0(of[6 * Next] + offset);
        }

        if (TN.Value > 7)
        {
            Sse.Prefetch0(of[7 * Next] + offset);
        }
    }
}
