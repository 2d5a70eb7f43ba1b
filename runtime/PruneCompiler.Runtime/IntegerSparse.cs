// needs: ByteTurn IntegerLayer IntegerOutput IntegerQuads
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PruneCompiler.Runtime;

/// <summary>How a tile of an 8-bit layer's input lies as planes: [channel][phase][row][column].</summary>
/// <param name="rows">Output rows of a tile.</param>
/// <param name="columns">Pixels of such a row; the whole width where there are several rows.</param>
/// <param name="pitch">Positions from row to row of every phase.</param>
/// <param name="plane">Bytes from channel to channel; 15 bytes behind its last row belong to it.</param>
/// <param name="channels">Input channels, rounded up to 16.</param>
/// <param name="phaseCount">Phases.</param>
/// <param name="phases">For each: bytes from an output pixel's place in the input to its first pixel, its place in the plane, rows and columns more than the output's.</param>
internal readonly unsafe struct IntegerPlanes(int rows, int columns, int pitch, int plane, int channels, int phaseCount, int* phases)
{
    public readonly int Rows = rows, Columns = columns, Pitch = pitch, Plane = plane, Channels = channels, PhaseCount = phaseCount;
    public readonly int* Phases = phases;
}

/// <summary>
/// 8-bit convolutions and matrix products with single weights that are not zero: a list of them for each output channel, walked for 64 positions at a time.
/// </summary>
/// <remarks>
/// Activations have the channels of a pixel side by side; a tile of the input that fits the first-level cache is turned into planes, where a tap is one
/// offset, and the results are turned back. Columns of a phase are those that one kernel column meets with a horizontal stride, rows likewise. Positions
/// between the end of a row and the next are computed and not stored.
/// </remarks>
internal static unsafe class IntegerSparse
{
    /// <summary>Most positions of a tile, with those between rows.</summary>
    public const int MostPositions = 1024;

    private const int Block = 16;

    /// <summary>Runs the layer; T is byte (requantised), float (scaled) or int (sums), TTap ushort or int.</summary>
    /// <param name="loops">The output's pixels.</param>
    /// <param name="planes">The tile.</param>
    /// <param name="x">First byte of the first window; 16 bytes from each channel's multiple of 16 on can be read in every pixel.</param>
    /// <param name="weights">Four for each quad.</param>
    /// <param name="taps">Offset in the tile, four for each quad.</param>
    /// <param name="quads">For each output channel, rounded up to 16.</param>
    /// <param name="order">In which order the channels of each 16 have their weights.</param>
    /// <param name="epilogue">What becomes of the sums; the same bias for all pixels.</param>
    /// <param name="tile">Memory for the tile, and 64 bytes.</param>
    /// <param name="y">First pixel of the output.</param>
    public static void Run<T, TTap>(in IntegerLoops loops, in IntegerPlanes planes, byte* x, sbyte* weights, TTap* taps, int* quads, byte* order, in IntegerEpilogue epilogue, byte* tile, T* y)
        where T : unmanaged
        where TTap : unmanaged
    {
        nint* to = stackalloc nint[MostPositions];
        bool* whole = stackalloc bool[MostPositions / ByteTurn.Side];
        for (int image = 0; image < loops.Images; image++)
        {
            for (int row = 0; row < loops.Rows; row += planes.Rows)
            {
                int rows = loops.Rows - row < planes.Rows ? loops.Rows - row : planes.Rows;
                for (int column = 0; column < loops.Width; column += planes.Columns)
                {
                    int columns = loops.Width - column < planes.Columns ? loops.Width - column : planes.Columns;
                    Fill(loops, planes, x + (image * loops.InputImage) + (row * loops.InputRow) + (column * loops.InputPixel), rows, columns, tile);
                    int positions = Locate(loops, planes, rows, columns, to, whole);
                    Products(loops, positions, tile, weights, taps, quads, order, epilogue, to, whole, y + (image * loops.OutputImage) + (row * loops.OutputRow) + (column * loops.OutputPixel));
                }
            }
        }
    }

    private static void Fill(in IntegerLoops loops, in IntegerPlanes planes, byte* x, int rows, int columns, byte* tile)
    {
        byte flip = IntegerQuads.Signed ? (byte)128 : (byte)0;
        byte* few = stackalloc byte[ByteTurn.Side * ByteTurn.Side];
        for (int f = 0; f < planes.PhaseCount; f++)
        {
            int* phase = planes.Phases + (4 * f);
            int count = columns + phase[3];
            for (int r = 0; r < rows + phase[2]; r++)
            {
                byte* from = x + phase[0] + (r * loops.InputRow), to = tile + phase[1] + (r * planes.Pitch);
                int c = 0;
                for (; count >= ByteTurn.Side && ByteTurn.IsDouble && c <= planes.Channels - (2 * ByteTurn.Side); c += 2 * ByteTurn.Side)
                {
                    for (int p = 0; p < count; p += ByteTurn.Side)
                    {
                        int at = p < count - ByteTurn.Side ? p : count - ByteTurn.Side; // the last block begins earlier
                        ByteTurn.Two(from + (at * loops.InputPixel) + c, loops.InputPixel, to + (c * (nint)planes.Plane) + at, planes.Plane, ByteTurn.Side * (nint)planes.Plane);
                    }
                }

                for (; c < planes.Channels; c += ByteTurn.Side)
                {
                    if (count < ByteTurn.Side)
                    {
                        for (int p = 0; p < count; p++)
                        {
                            Copy16(from + (p * loops.InputPixel) + c, few + (p * ByteTurn.Side));
                        }

                        ByteTurn.One(few, ByteTurn.Side, to + (c * (nint)planes.Plane), planes.Plane, flip);
                        continue;
                    }

                    for (int p = 0; p < count; p += ByteTurn.Side)
                    {
                        int at = p < count - ByteTurn.Side ? p : count - ByteTurn.Side;
                        ByteTurn.One(from + (at * loops.InputPixel) + c, loops.InputPixel, to + (c * (nint)planes.Plane) + at, planes.Plane, flip);
                    }
                }
            }
        }
    }

    // Where the positions of a tile are stored, -1 for those between rows, and which runs of 16 are neighbours.
    private static int Locate(in IntegerLoops loops, in IntegerPlanes planes, int rows, int columns, nint* to, bool* whole)
    {
        int positions = ((rows - 1) * planes.Pitch) + columns, column = 0, row = 0;
        for (int p = 0; p < MostPositions; p++)
        {
            if (p % ByteTurn.Side == 0)
            {
                if (p >= positions)
                {
                    break;
                }

                whole[p / ByteTurn.Side] = column + ByteTurn.Side <= columns && row < rows;
            }

            to[p] = column < columns && row < rows ? (row * loops.OutputRow) + (column * loops.OutputPixel) : -1;
            if (++column == planes.Pitch)
            {
                column = 0;
                row++;
            }
        }

        return positions;
    }

    private static void Products<T, TTap>(in IntegerLoops loops, int positions, byte* tile, sbyte* weights, TTap* taps, int* quads, byte* order, in IntegerEpilogue epilogue, nint* to, bool* whole, T* y)
        where T : unmanaged
        where TTap : unmanaged
    {
        T* results = stackalloc T[Block * IntegerQuads.Long];
        for (int channel = 0; channel < loops.Channels; channel += Block, quads += Block, order += Block)
        {
            IntegerEpilogue own = epilogue.From(channel);
            nint all = 0;
            for (int c = 0; c < Block; c++)
            {
                all += quads[c];
            }

            for (int p = 0; p < positions; p += IntegerQuads.Long)
            {
                bool isLong = positions - p > IntegerQuads.Long / 2;
                IntegerQuads.Block(tile + p, taps, weights, quads, order, isLong, own, results);
                int count = isLong ? IntegerQuads.Long : IntegerQuads.Long / 2;
                count = positions - p < count ? positions - p : count;
                if (typeof(T) == typeof(byte))
                {
                    StoreBytes(loops, channel, count, (byte*)results, to + p, whole + (p / ByteTurn.Side), (byte*)y);
                }
                else
                {
                    StoreWords(loops, own, channel, count, (int*)results, to + p, y);
                }
            }

            weights += 4 * all;
            taps += 4 * all;
        }
    }

    private static void StoreBytes(in IntegerLoops loops, int channel, int count, byte* bytes, nint* to, bool* whole, byte* y)
    {
        byte* pixels = stackalloc byte[ByteTurn.Side * ByteTurn.Side];
        int channels = loops.Channels - channel;
        y += channel;
        for (int p = 0; p < count; p += ByteTurn.Side, whole++)
        {
            if (channels >= Block && whole[0])
            {
                if (ByteTurn.IsDouble && count - p > ByteTurn.Side && whole[1])
                {
                    ByteTurn.Two(bytes + p, IntegerQuads.Long, y + to[p], loops.OutputPixel, to[p + ByteTurn.Side] - to[p]);
                    p += ByteTurn.Side;
                    whole++;
                    continue;
                }

                ByteTurn.One(bytes + p, IntegerQuads.Long, y + to[p], loops.OutputPixel, 0);
                continue;
            }

            ByteTurn.One(bytes + p, IntegerQuads.Long, pixels, ByteTurn.Side, 0);
            for (int i = 0; i < ByteTurn.Side && p + i < count; i++)
            {
                if (to[p + i] < 0)
                {
                    continue;
                }

                if (channels >= Block)
                {
                    Copy16(pixels + (i * ByteTurn.Side), y + to[p + i]);
                }
                else
                {
                    IntegerOutput.Copy(pixels + (i * ByteTurn.Side), y + to[p + i], channels);
                }
            }
        }
    }

    private static void StoreWords<T>(in IntegerLoops loops, in IntegerEpilogue epilogue, int channel, int count, int* sums, nint* to, T* y)
        where T : unmanaged
    {
        int* pixels = stackalloc int[4 * Block];
        T* results = stackalloc T[4 * Block];
        int channels = loops.Channels - channel < Block ? loops.Channels - channel : Block;
        y += channel;
        for (int p = 0; p < count; p += 4)
        {
            int* own = sums + IntegerQuads.Place(p);
            for (int c = 0; c < Block; c += 4)
            {
                Turn4(own + (c * IntegerQuads.Long), pixels + c);
            }

            for (int i = 0; i < 4 && p + i < count; i++)
            {
                if (to[p + i] < 0)
                {
                    continue;
                }

                T* at = channels == Block ? y + to[p + i] : results;
                for (int c = 0; c < Block; c += 4)
                {
                    Vector128<int> four = *(Vector128<int>*)(pixels + (i * Block) + c);
                    *(Vector128<int>*)(at + c) = typeof(T) == typeof(float) ? (Vector128.ConvertToSingle(four) * *(Vector128<float>*)(epilogue.Scale + c)).AsInt32() : four;
                }

                if (channels < Block)
                {
                    IntegerOutput.Copy(results, y + to[p + i], channels);
                }
            }
        }
    }

    // Four positions of four channels become four channels of four pixels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Turn4(int* from, int* to)
    {
        Vector128<int> a = *(Vector128<int>*)from, b = *(Vector128<int>*)(from + IntegerQuads.Long), c = *(Vector128<int>*)(from + (2 * IntegerQuads.Long)), d = *(Vector128<int>*)(from + (3 * IntegerQuads.Long));
        if (Sse2.IsSupported)
        {
            Vector128<long> e = Sse2.UnpackLow(a, b).AsInt64(), f = Sse2.UnpackLow(c, d).AsInt64(), g = Sse2.UnpackHigh(a, b).AsInt64(), h = Sse2.UnpackHigh(c, d).AsInt64();
            *(Vector128<long>*)to = Sse2.UnpackLow(e, f);
            *(Vector128<long>*)(to + Block) = Sse2.UnpackHigh(e, f);
            *(Vector128<long>*)(to + (2 * Block)) = Sse2.UnpackLow(g, h);
            *(Vector128<long>*)(to + (3 * Block)) = Sse2.UnpackHigh(g, h);
        }
        else if (AdvSimd.Arm64.IsSupported)
        {
            Vector128<long> e = AdvSimd.Arm64.ZipLow(a, b).AsInt64(), f = AdvSimd.Arm64.ZipLow(c, d).AsInt64(), g = AdvSimd.Arm64.ZipHigh(a, b).AsInt64(), h = AdvSimd.Arm64.ZipHigh(c, d).AsInt64();
            *(Vector128<long>*)to = AdvSimd.Arm64.ZipLow(e, f);
            *(Vector128<long>*)(to + Block) = AdvSimd.Arm64.ZipHigh(e, f);
            *(Vector128<long>*)(to + (2 * Block)) = AdvSimd.Arm64.ZipLow(g, h);
            *(Vector128<long>*)(to + (3 * Block)) = AdvSimd.Arm64.ZipHigh(g, h);
        }
        else
        {
            for (int i = 0; i < 4; i++)
            {
                for (int j = 0; j < 4; j++)
                {
                    to[(j * Block) + i] = from[(i * IntegerQuads.Long) + j];
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy16(byte* from, byte* to) => *(Vector128<byte>*)to = *(Vector128<byte>*)from;
}
