// needs: Lanes
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;

namespace PruneCompiler.Runtime;

/// <summary>
/// The loops of a convolution on affine activations, where element (n, c, d, y, x) lies at
/// <c>origin + n * image + d * plane + y * row + c * channel + x</c>. All steps are in elements. Channels do not appear:
/// each tap carries its input channel in its offset, and each output channel has an entry in a table of offsets.
/// </summary>
/// <param name="images">Images, at least 1.</param>
/// <param name="planes">Output planes; 1 for 2-D.</param>
/// <param name="rows">Output rows; 1 for flattened planes.</param>
/// <param name="width">Pixels to compute in each output row, at least 1. Flattened planes: height times the width with its gap.</param>
/// <param name="storedWidth">
/// Each output row is written up to this length, a multiple of 16 that is at least <paramref name="width"/>: what lies beyond the width is stored as
/// zero. Row panels pass their padded width, which renews the gap between channels.
/// </param>
/// <param name="inputImage">Input step for the next output image.</param>
/// <param name="inputPlane">Input step for the next output plane, the stride multiplied in.</param>
/// <param name="inputRow">Input step for the next output row, the stride multiplied in.</param>
/// <param name="outputImage">Output step for the next image.</param>
/// <param name="outputPlane">Output step for the next plane.</param>
/// <param name="outputRow">Output step for the next row.</param>
/// <param name="residualImage">Step in the residual operand for the next image; unused without one.</param>
/// <param name="residualPlane">Step in the residual operand for the next plane.</param>
/// <param name="residualRow">Step in the residual operand for the next row.</param>
internal readonly struct PanelLoops(
    int images,
    int planes,
    int rows,
    int width,
    int storedWidth,
    nint inputImage,
    nint inputPlane,
    nint inputRow,
    nint outputImage,
    nint outputPlane,
    nint outputRow,
    nint residualImage = 0,
    nint residualPlane = 0,
    nint residualRow = 0)
{
    public readonly int Images = images, Planes = planes, Rows = rows, Width = width, StoredWidth = storedWidth;
    public readonly nint InputImage = inputImage, InputPlane = inputPlane, InputRow = inputRow;
    public readonly nint OutputImage = outputImage, OutputPlane = outputPlane, OutputRow = outputRow;
    public readonly nint ResidualImage = residualImage, ResidualPlane = residualPlane, ResidualRow = residualRow;
}

/// <summary>
/// What happens to an accumulator while it is still in a register:
/// <c>value = activation(sum + bias + residual)</c>, then the mask. O is the number of output channels of the layer.
/// </summary>
/// <param name="channels">Output channels O.</param>
/// <param name="outputOffset">[O] where each output channel starts, in elements from the output row's first pixel.</param>
/// <param name="bias">[O] one bias per channel, or null for none. Ignored when <paramref name="biasRows"/> is given.</param>
/// <param name="mask">
/// [width rounded up to 16] bit patterns, all ones for a real pixel and zero for a junk one, or null when the width is a multiple
/// of 16 without junk columns. Junk is stored as zero, because it is the padding of the next layer.
/// </param>
/// <param name="low">Lower bound of the activation: Relu is (0, +inf), Clip any, none is (-inf, +inf). NaN passes through.</param>
/// <param name="high">Upper bound.</param>
/// <param name="slope">LeakyRelu's slope for negative values; 1 means no LeakyRelu. Applied before the bounds.</param>
/// <param name="residual">Origin of an operand of the output's shape that is added, or null. May be the output itself.</param>
/// <param name="residualOffset">[O] as <paramref name="outputOffset"/>, for the residual operand.</param>
/// <param name="biasRows">
/// [row class][O][<paramref name="biasRowLength"/>] biases per pixel, or null. Needed where a constant channel was folded away
/// in front of a padded convolution, which makes the bias another one at the border.
/// </param>
/// <param name="biasRowLength">Elements from one channel to the next in <paramref name="biasRows"/>: the width rounded up to 16.</param>
/// <param name="rowClass">[planes * rows] the class of each output row, an index into the first axis of <paramref name="biasRows"/>.</param>
internal readonly unsafe struct PanelEpilogue(
    int channels,
    int* outputOffset,
    float* bias = null,
    float* mask = null,
    float low = float.NegativeInfinity,
    float high = float.PositiveInfinity,
    float slope = 1f,
    float* residual = null,
    int* residualOffset = null,
    float* biasRows = null,
    int biasRowLength = 0,
    int* rowClass = null)
{
    public readonly int Channels = channels, BiasRowLength = biasRowLength;
    public readonly int* OutputOffset = outputOffset, ResidualOffset = residualOffset, RowClass = rowClass;
    public readonly float* Bias = bias, Mask = mask, Residual = residual, BiasRows = biasRows;
    public readonly float Low = low, High = high, Slope = slope;
}

/// <summary>One vector of output pixels: where it reads and writes before channel and tap offsets are added.</summary>
internal unsafe struct PanelVector
{
    public float* Input, Output, Residual, BiasRow, Mask;
}

/// <summary>
/// Walks the output of a layer in tiles of a few vectors, taken in raster order across rows, so that narrow images
/// fill a tile with several rows, and finishes accumulators.
/// </summary>
internal static unsafe class Panels
{
    /// <summary>True where there are 32 vector registers (AVX-512, NEON) and not 16, which decides the tile shapes.</summary>
    public static bool ManyRegisters<TV, TS>()
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => TS.Count == 16 || AdvSimd.Arm64.IsSupported;

    /// <summary>Vectors in one plane of the output: whole rows, each rounded up to vectors.</summary>
    public static int VectorsPerPlane(in PanelLoops loops, int lanes) => loops.Rows * ((loops.Width + lanes - 1) / lanes);

    /// <summary>Size of the next tile when <paramref name="left"/> vectors remain: balanced, so that no tile is tiny.</summary>
    public static int TileSize(int left, int most)
    {
        int tiles = (left + most - 1) / most;
        return (left + tiles - 1) / tiles;
    }

    /// <summary>Describes <paramref name="count"/> vectors from number <paramref name="first"/> of a plane on.</summary>
    /// <remarks>
    /// Bounds: vector i covers pixels [x, x + lanes) of row y with x &lt; width, hence inside the row's width rounded up to 16, for which
    /// inputs have readable slack and outputs, masks and bias rows have room.
    /// </remarks>
    public static void Locate(PanelVector* vectors, int first, int count, int lanes, in PanelLoops loops, int image, int plane, float* input, float* output, in PanelEpilogue epilogue)
    {
        int perRow = (loops.Width + lanes - 1) / lanes;
        int y = first / perRow, step = first - (y * perRow);
        for (int i = 0; i < count; i++)
        {
            nint x = (nint)step * lanes;
            vectors[i].Input = input + (image * loops.InputImage) + (plane * loops.InputPlane) + (y * loops.InputRow) + x;
            vectors[i].Output = output + (image * loops.OutputImage) + (plane * loops.OutputPlane) + (y * loops.OutputRow) + x;
            vectors[i].Residual = epilogue.Residual + (image * loops.ResidualImage) + (plane * loops.ResidualPlane) + (y * loops.ResidualRow) + x;
            vectors[i].Mask = epilogue.Mask == null ? null : epilogue.Mask + x;
            vectors[i].BiasRow = epilogue.BiasRows == null ? null
                : epilogue.BiasRows + ((nint)epilogue.RowClass[(plane * loops.Rows) + y] * epilogue.Channels * epilogue.BiasRowLength) + x;
            if (++step == perRow)
            {
                step = 0;
                y++;
            }
        }
    }

    /// <summary>Stores zeros behind the computed pixels of every output row, up to the stored width.</summary>
    public static void ClearGaps(in PanelLoops loops, int lanes, float* output, int* channels, int count)
    {
        int computed = (loops.Width + lanes - 1) / lanes * lanes;
        if (computed >= loops.StoredWidth)
        {
            return;
        }

        for (int n = 0; n < loops.Images; n++)
        {
            for (int d = 0; d < loops.Planes; d++)
            {
                float* row = output + (n * loops.OutputImage) + (d * loops.OutputPlane) + computed;
                for (int y = 0; y < loops.Rows; y++, row += loops.OutputRow)
                {
                    for (int o = 0; o < count; o++)
                    {
                        new System.Span<float>(row + channels[o], loops.StoredWidth - computed).Clear();
                    }
                }
            }
        }
    }

    /// <summary>What an accumulator of output channel <paramref name="o"/> starts from: bias plus residual, or the partial sum stored by an earlier block of taps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Start<TV, TS>(PanelVector* at, int o, bool first, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        if (!first)
        {
            return *(TV*)(at->Output + epilogue.OutputOffset[o]);
        }

        TV start = epilogue.BiasRows != null ? *(TV*)(at->BiasRow + ((nint)o * epilogue.BiasRowLength))
            : TS.Create(epilogue.Bias == null ? 0f : epilogue.Bias[o]);
        return epilogue.Residual == null ? start : TS.Add(start, *(TV*)(at->Residual + epilogue.ResidualOffset[o]));
    }

    /// <summary>Activates, masks and stores an accumulator; before the last block of taps it is stored as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish<TV, TS>(PanelVector* at, int o, TV value, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        if (last)
        {
            value = epilogue.Slope == 1f ? value : Leak<TV, TS>(value, TS.Create(epilogue.Slope));
            value = Limit<TV, TS>(value, TS.Create(epilogue.Low), TS.Create(epilogue.High), at->Mask);
        }

        *(TV*)(at->Output + epilogue.OutputOffset[o]) = value;
    }

    /// <summary>Ends a tile of sums, [channel][vector]: <see cref="Start"/>, the sum, then <see cref="Finish{TV, TS}(PanelVector*, int, TV, bool, in PanelEpilogue)"/>.</summary>
    /// <remarks>The usual case, a bias for each channel and bounds, has a loop of its own: with all questions asked for each vector the end of a tile takes as long as 25 taps.</remarks>
    public static void Finish<TV, TS>(PanelVector* at, int vectors, int* channels, int group, TV* sums, bool first, bool last, in PanelEpilogue epilogue)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        if (first && last && epilogue.BiasRows == null && epilogue.Slope == 1f)
        {
            TV low = TS.Create(epilogue.Low), high = TS.Create(epilogue.High);
            float* bias = epilogue.Bias, residual = epilogue.Residual;
            int* outputs = epilogue.OutputOffset, residuals = epilogue.ResidualOffset;
            for (int g = 0; g < group; g++)
            {
                int o = channels[g];
                TV start = bias == null ? default : TS.Broadcast(bias + o);
                nint to = outputs[o], from = residual == null ? 0 : residuals[o];
                for (int v = 0; v < vectors; v++, sums++)
                {
                    TV value = TS.Add(residual == null ? start : TS.Add(start, *(TV*)(at[v].Residual + from)), *sums);
                    *(TV*)(at[v].Output + to) = Limit<TV, TS>(value, low, high, at[v].Mask);
                }
            }

            return;
        }

        for (int g = 0; g < group; g++)
        {
            for (int v = 0; v < vectors; v++, sums++)
            {
                Finish<TV, TS>(at + v, channels[g], TS.Add(Start<TV, TS>(at + v, channels[g], first, epilogue), *sums), last, epilogue);
            }
        }
    }

    /// <summary>LeakyRelu: slope * min(v, 0) + max(v, 0), exact for every slope; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Leak<TV, TS>(TV value, TV slope)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
        => TS.MultiplyAdd(slope, TS.Min(default, value), TS.Max(default, value));

    /// <summary>The value within its bounds; NaN stays NaN. Lanes outside the mask become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TV Limit<TV, TS>(TV value, TV low, TV high, float* mask)
        where TV : unmanaged
        where TS : struct, ILanes<TV>
    {
        value = TS.Min(high, TS.Max(low, value));
        return mask == null ? value : TS.And(value, *(TV*)mask);
    }
}
