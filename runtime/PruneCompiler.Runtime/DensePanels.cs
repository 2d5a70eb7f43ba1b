// needs: Lanes, Panels, GroupTile
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>
/// Dense convolution in place on affine activations: output channels share one list of tap offsets, weights are packed by tiles of output
/// channels, and each register tile holds up to 8 channels times 3 vectors of pixels.
/// </summary>
/// <remarks>
/// Packed form (little-endian, 4-byte aligned; DensePacker writes it): <c>int taps, channels, 0, 0; int offset[taps]; float weight[...]</c>.
/// Weights: tiles of up to 8 output channels in order, of the sizes that <see cref="TileChannels"/> gives; each tile is [taps][tile size].
/// </remarks>
internal static unsafe class DensePanels
{
    // Above this size the weights do not stay in L2 from one pixel tile to the next: several pixel tiles then pass under each
    // tile of weights, and it is the input that stays.
    private const long LargeWeights = 512 * 1024;

    // Vectors that pass under each tile of weights where tiles differ in how many they take at once.
    private const int MixedBlock = 12;

    /// <summary>Output channels of the next tile when <paramref name="left"/> remain: 8, but no small tile behind them, whose few sums would wait for each other.</summary>
    public static int TileChannels(int left) => left >= 12 || left == 8 ? 8 : left > 8 ? (left + 1) / 2 : left;

    /// <summary>Runs the layer with the widest vectors of the machine.</summary>
    /// <param name="loops">Sizes and steps, in elements.</param>
    /// <param name="input">Input origin; tap offsets are relative to it. Must not overlap the output.</param>
    /// <param name="output">Output origin.</param>
    /// <param name="packed">The packed weights.</param>
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
    public static void Run<TV, TS>(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int taps = ((int*)packed)[0], channels = ((int*)packed)[1];
        int* offsets = (int*)packed + 4;
        float* weights = (float*)(offsets + taps);
        int total = Panels.VectorsPerPlane(loops, TS.Count);
        int block = sizeof(float) * (long)taps * channels > LargeWeights ? 24 : channels % 8 > 0 && TS.Count == 16 ? MixedBlock : 3;
        PanelVector* vectors = stackalloc PanelVector[24];
        float* scratch = stackalloc float[GroupTile.ScratchFloats];
        scratch = GroupTile.Align(scratch);
        for (int image = 0; image < loops.Images; image++)
        {
            for (int plane = 0; plane < loops.Planes; plane++)
            {
                for (int start = 0, count; start < total; start += count)
                {
                    count = total - start;
                    count = block == 3 ? Panels.TileSize(count, 3) : System.Math.Min(count, block);
                    Panels.Locate(vectors, start, count, TS.Count, loops, image, plane, input, output, epilogue);
                    Block<TV, TS>(vectors, count, offsets, weights, taps, channels, epilogue, scratch);
                }
            }
        }

        Panels.ClearGaps(loops, TS.Count, output, epilogue.OutputOffset, channels);
    }

    private static void Block<TV, TS>(PanelVector* vectors, int count, int* offsets, float* weights, int taps, int channels, in PanelEpilogue epilogue, float* scratch)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        for (int o = 0; o < channels;)
        {
            int group = TileChannels(channels - o);
            for (int v = 0, size; v < count; v += size)
            {
                size = Panels.TileSize(count - v, GroupTile.MostVectors<TV, TS>(group));
                Tile<TV, TS>(vectors + v, size, group, o, offsets, weights, taps, epilogue, scratch);
            }

            weights += (nint)taps * group;
            o += group;
        }
    }

    private static void Tile<TV, TS>(PanelVector* at, int size, int group, int o, int* offsets, float* weights, int taps, in PanelEpilogue epilogue, float* scratch)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        int* ids = stackalloc int[8];
        for (int g = 0; g < group; g++)
        {
            ids[g] = o + g;
        }

        GroupTile.Run<TV, TS, int>(at, size, 0, offsets, weights, taps, group, ids, true, true, epilogue, scratch);
    }
}
