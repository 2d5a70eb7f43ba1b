using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

/// <summary>
/// A random convolution laid out for the panel kernels, with a plain double-precision answer. Everything that a kernel must not read is NaN, everything
/// that it must not write is watched.
/// </summary>
internal sealed unsafe class PanelCase : IDisposable
{
    private const float Untouched = -12345.5f;
    private const int Slack = 64;
    private readonly Random random;
    private readonly List<nint> owned = [];
    private int inputImage, inputPlane, inputRow, inputChannel;
    private int outputImage, outputPlane, outputRow, outputLength, residualLength;
    private float* inputOrigin, outputStart, residualStart;
    private int outputDepth, outputHeight, outputWidth;

    public PanelCase(int seed)
    {
        random = new Random(seed);
        Images = random.Next(1, 3);
        Channels = Pick(1, 2, 3, 5, 16, 40);
        Outputs = Pick(1, 2, 3, 7, 8, 13, 16, 31);
        Depth = Pick(1, 1, 1, 3);
        Height = random.Next(1, 12);
        Width = Pick(1, 3, 7, 8, 14, 15, 16, 17, 28, 31, 56, 70);
        Kernel = (Depth == 1 ? 1 : Pick(1, 3), Pick(1, 2, 3, 5), Pick(1, 2, 3, 5));
        Pad = (Kernel.Z / 2, Pick(0, Kernel.Y / 2), Pick(0, Kernel.X / 2));
        PadEnd = Pad;
        Flat = random.Next(2) == 0;
        StrideY = Flat ? 1 : Pick(1, 1, 2);
        Dilation = (1, Pick(1, 1, 2), Pick(1, 1, 2));
        Sparsity = Pick(0, 50, 90, 99) / 100.0;
        UseResidual = random.Next(2) == 0;
        InPlaceResidual = UseResidual && random.Next(2) == 0;
        UseBias = random.Next(3) > 0;
        UseBiasRows = random.Next(4) == 0;
        (Low, High) = Pick(0, 1, 2) switch { 0 => (float.NegativeInfinity, float.PositiveInfinity), 1 => (0f, float.PositiveInfinity), _ => (-0.5f, 0.75f) };
        Slope = random.Next(3) == 0 ? 0.1f : 1f;
    }

    public int Images, Channels, Outputs, Depth, Height, Width, StrideY, StrideX = 1, ConvolutionGroups = 1;
    public (int Z, int Y, int X) Kernel, Pad, PadEnd, Dilation;
    public bool Flat, UseResidual, InPlaceResidual, UseBias, UseBiasRows;
    public double Sparsity;
    public float Low, High, Slope;

    public float[] Input = [], Weights = [], Bias = [], Residual = [];
    public int[] RowClasses = [];
    public int[] TapOffsets = [];
    public int GroupOffset;
    public PanelLoops Loops;
    public PanelEpilogue Epilogue;

    public float* InputPointer => inputOrigin;

    public float* OutputPointer => outputStart + Slack;

    public override string ToString()
        => $"{Images}x{Channels}x{Depth}x{Height}x{Width} -> {Outputs}, kernel {Kernel}, pad {Pad}, dilation {Dilation}, stride {StrideY} {StrideX}, {(Flat ? "flat" : "rows")}, {Sparsity:P0} zeros, residual {UseResidual}, bias rows {UseBiasRows}";

    public bool IsEmpty => Out(Depth, Kernel.Z, Dilation.Z, Pad.Z, PadEnd.Z, 1) < 1 || Out(Height, Kernel.Y, Dilation.Y, Pad.Y, PadEnd.Y, StrideY) < 1 || Out(Width, Kernel.X, Dilation.X, Pad.X, PadEnd.X, StrideX) < 1;

    public void Build()
    {
        outputDepth = Out(Depth, Kernel.Z, Dilation.Z, Pad.Z, PadEnd.Z, 1);
        outputHeight = Out(Height, Kernel.Y, Dilation.Y, Pad.Y, PadEnd.Y, StrideY);
        outputWidth = Out(Width, Kernel.X, Dilation.X, Pad.X, PadEnd.X, StrideX);
        Input = Values(Images * Channels * Depth * Height * Width);
        Weights = Values(Outputs * (Channels / ConvolutionGroups) * Kernel.Z * Kernel.Y * Kernel.X);
        for (int i = 0; i < Weights.Length; i++)
        {
            Weights[i] = random.NextDouble() < Sparsity ? 0 : Weights[i];
        }

        LayInput();
        LayOutput();
    }

    /// <summary>Compares every element of the output memory: values, zeroed lanes, and what must not be touched.</summary>
    public void Check(string what)
    {
        var touched = new bool[outputLength];
        float* origin = OutputPointer;
        for (int n = 0; n < Images; n++)
        {
            for (int o = 0; o < Outputs; o++)
            {
                for (int d = 0; d < outputDepth; d++)
                {
                    for (int y = 0; y < Loops.Rows; y++)
                    {
                        for (int x = 0; x < Loops.StoredWidth; x++)
                        {
                            int at = (n * outputImage) + (d * outputPlane) + (y * outputRow) + Epilogue.OutputOffset[o] + x;
                            touched[Slack + at] = true;
                            (int row, int column) = Flat ? (x / inputRow, x % inputRow) : (y, x);
                            bool real = x < Loops.Width && column < outputWidth && row < outputHeight;
                            double expected = real ? Expected(n, o, d, row, column, y, x) : 0;
                            double error = Math.Abs(origin[at] - expected);
                            Assert.True(error <= 1e-4 * Math.Max(1, Math.Abs(expected)), $"{what}: {this}: image {n} channel {o} plane {d} row {y} pixel {x}: {origin[at]} where {expected} is right");
                        }
                    }
                }
            }
        }

        for (int i = 0; i < outputLength; i++)
        {
            Assert.True(touched[i] || outputStart[i] == Untouched, $"{what}: {this}: wrote outside at {i - Slack}");
        }
    }

    /// <summary>The same layer for a kernel whose rows are those of the image, in flat planes too: its loops, its epilogue, and the zeros behind a plane's last row.</summary>
    public (PanelLoops Loops, PanelEpilogue Epilogue, int Tail) ByImageRow()
    {
        PanelEpilogue e = Epilogue;
        int planes = outputDepth, length = RoundUp(outputWidth), perRow = Flat ? outputHeight : 1;
        int pitch = Flat ? inputRow : Loops.StoredWidth, step = Flat ? inputRow : outputRow;
        float[] biases = new float[planes * outputHeight * Outputs * length];
        for (int row = 0; row < planes * outputHeight && UseBiasRows; row++)
        {
            for (int o = 0; o < Outputs; o++)
            {
                float* from = e.BiasRows + (((RowClasses[row / perRow] * Outputs) + o) * e.BiasRowLength) + (row % perRow * inputRow);
                new Span<float>(from, outputWidth).CopyTo(biases.AsSpan(((row * Outputs) + o) * length));
            }
        }

        var loops = new PanelLoops(
            Images, planes, outputHeight, outputWidth, pitch, inputImage, inputPlane, inputRow * StrideY, outputImage, outputPlane, step, outputImage, outputPlane, step);
        var epilogue = new PanelEpilogue(
            Outputs, e.OutputOffset, e.Bias, null, Low, High, Slope, e.Residual, e.ResidualOffset, UseBiasRows ? Copy(biases) : null, length, Copy(Enumerable.Range(0, planes * outputHeight).ToArray()));
        return (loops, epilogue, Flat ? Loops.StoredWidth - (outputHeight * inputRow) : 0);
    }

    /// <summary>Restores the output memory for another run.</summary>
    public void Reset()
    {
        new Span<float>(outputStart, outputLength).Fill(Untouched);
        if (InPlaceResidual)
        {
            PlaceResidual(OutputPointer);
        }
    }

    public void Dispose() => owned.ForEach(p => NativeMemory.AlignedFree((void*)p));

    private static int Out(int size, int kernel, int dilation, int pad, int padEnd, int stride) => Math.Max(-1, size + pad + padEnd - ((kernel - 1) * dilation) - 1) / stride + (size + pad + padEnd < ((kernel - 1) * dilation) + 1 ? 0 : 1);

    private static int RoundUp(int value) => (value + 15) & ~15;

    private int Pick(params int[] choices) => choices[random.Next(choices.Length)];

    private float[] Values(int count)
    {
        var values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }

        return values;
    }

    private T* Allocate<T>(int count)
        where T : unmanaged
    {
        var p = (T*)NativeMemory.AlignedAlloc((nuint)(count * sizeof(T)), 64);
        owned.Add((nint)p);
        return p;
    }

    private T* Copy<T>(T[] values)
        where T : unmanaged
    {
        T* p = Allocate<T>(Math.Max(1, values.Length));
        values.CopyTo(new Span<T>(p, values.Length));
        return p;
    }

    private void LayInput()
    {
        int gap = Math.Max(Math.Max(Pad.X, PadEnd.X), 1);
        int rowLength = Flat ? Width + gap : RoundUp(Width + gap);
        int paddedHeight = Pad.Y + Height + PadEnd.Y;
        int paddedDepth = Pad.Z + Depth + PadEnd.Z;
        if (Flat)
        {
            inputRow = rowLength;
            inputChannel = RoundUp(paddedHeight * rowLength);
            inputPlane = Channels * inputChannel;
        }
        else
        {
            inputChannel = rowLength;
            inputRow = Channels * rowLength;
            inputPlane = paddedHeight * inputRow;
        }

        inputImage = paddedDepth * inputPlane;
        int length = Images * inputImage;

        // Zero inside and in front (the left padding of the first row); behind lies what a last vector may read but must not use.
        int behind = Slack + (Kernel.Y * Dilation.Y * rowLength) + RoundUp(Kernel.X * Dilation.X);
        float* start = Allocate<float>(Slack + length + behind);
        new Span<float>(start, Slack + length).Clear();
        new Span<float>(start + Slack + length, behind).Fill(float.NaN);
        new Span<float>(start + Slack + length, RoundUp(PadEnd.X)).Clear();
        inputOrigin = start + Slack + (Pad.Z * inputPlane) + (Pad.Y * inputRow);
        for (int n = 0, i = 0; n < Images; n++)
        {
            for (int c = 0; c < Channels; c++)
            {
                for (int d = 0; d < Depth; d++)
                {
                    for (int y = 0; y < Height; y++)
                    {
                        for (int x = 0; x < Width; x++)
                        {
                            inputOrigin[(n * inputImage) + (d * inputPlane) + (y * inputRow) + (c * inputChannel) + x] = Input[i++];
                        }
                    }
                }
            }
        }

        int perGroup = Channels / ConvolutionGroups;
        TapOffsets = TapTable.Offsets([.. Enumerable.Range(0, perGroup).Select(c => c * inputChannel)], Kernel, Dilation, Pad, inputPlane, inputRow);
        GroupOffset = perGroup * inputChannel;
    }

    private void LayOutput()
    {
        int width = Flat ? outputHeight * inputRow : outputWidth;
        int stored = Flat ? RoundUp(width) : RoundUp(width + 1 + random.Next(20));
        int rows = Flat ? 1 : outputHeight;
        int slots = Outputs + 2;
        int[] slot = [.. Enumerable.Range(0, slots).OrderBy(_ => random.Next()).Take(Outputs)];
        outputRow = slots * stored;
        outputPlane = rows * outputRow;
        outputImage = outputDepth * outputPlane;
        outputLength = Slack + (Images * outputImage) + Slack;
        outputStart = Allocate<float>(outputLength);
        residualLength = outputLength;
        residualStart = Allocate<float>(residualLength);
        new Span<float>(residualStart, residualLength).Fill(float.NaN);
        Residual = Values(Images * Outputs * outputDepth * rows * width);
        int[] offsets = [.. slot.Select(s => s * stored)];
        PlaceResidual(residualStart + Slack, offsets, stored, rows, width);
        Loops = new PanelLoops(Images, outputDepth, rows, width, stored, inputImage, inputPlane, inputRow * StrideY, outputImage, outputPlane, outputRow, outputImage, outputPlane, outputRow);

        var mask = new uint[RoundUp(width)];
        for (int x = 0; x < width; x++)
        {
            mask[x] = !Flat || x % inputRow < outputWidth ? uint.MaxValue : 0;
        }

        Bias = UseBias ? Values(Outputs) : new float[Outputs];
        int classes = 3;
        RowClasses = [.. Enumerable.Range(0, outputDepth * rows).Select(_ => random.Next(classes))];
        var biasRows = Values(classes * Outputs * RoundUp(width));
        int* offsetsPointer = Copy(offsets);
        Epilogue = new PanelEpilogue(
            Outputs,
            offsetsPointer,
            UseBias ? Copy(Bias) : null,
            mask.All(m => m == uint.MaxValue) && mask.Length == width ? null : (float*)Copy(mask),
            Low,
            High,
            Slope,
            !UseResidual ? null : InPlaceResidual ? OutputPointer : residualStart + Slack,
            offsetsPointer,
            UseBiasRows ? Copy(biasRows) : null,
            RoundUp(width),
            Copy(RowClasses));
        Reset();
    }

    private void PlaceResidual(float* origin) => PlaceResidual(origin, [.. new Span<int>(Epilogue.OutputOffset, Outputs)], Loops.StoredWidth, Loops.Rows, Loops.Width);

    private void PlaceResidual(float* origin, int[] offsets, int stored, int rows, int width)
    {
        for (int n = 0, i = 0; n < Images; n++)
        {
            for (int o = 0; o < Outputs; o++)
            {
                for (int row = 0; row < outputDepth * rows; row++)
                {
                    for (int x = 0; x < width; x++)
                    {
                        origin[(n * outputImage) + (row * outputRow) + offsets[o] + x] = Residual[i++];
                    }
                }
            }
        }
    }

    private double Expected(int n, int o, int d, int y, int x, int storedRow, int storedPixel)
    {
        int perGroup = Channels / ConvolutionGroups, group = o / (Outputs / ConvolutionGroups);
        double sum = UseBiasRows
            ? Epilogue.BiasRows[(((RowClasses[(d * Loops.Rows) + storedRow] * Outputs) + o) * Epilogue.BiasRowLength) + storedPixel]
            : Bias[o];
        int k = o * perGroup * Kernel.Z * Kernel.Y * Kernel.X;
        for (int c = 0; c < perGroup; c++)
        {
            for (int kz = 0; kz < Kernel.Z; kz++)
            {
                for (int ky = 0; ky < Kernel.Y; ky++)
                {
                    for (int kx = 0; kx < Kernel.X; kx++, k++)
                    {
                        int z = d + (kz * Dilation.Z) - Pad.Z, row = (y * StrideY) + (ky * Dilation.Y) - Pad.Y, column = (x * StrideX) + (kx * Dilation.X) - Pad.X;
                        if (z >= 0 && z < Depth && row >= 0 && row < Height && column >= 0 && column < Width)
                        {
                            sum += (double)Weights[k] * Input[(((((((n * Channels) + (group * perGroup) + c) * Depth) + z) * Height) + row) * Width) + column];
                        }
                    }
                }
            }
        }

        if (UseResidual)
        {
            sum += Residual[(((((n * Outputs) + o) * outputDepth * Loops.Rows) + (d * Loops.Rows) + storedRow) * Loops.Width) + storedPixel];
        }

        sum = sum < 0 ? sum * Slope : sum;
        return Math.Min(High, Math.Max(Low, sum));
    }
}
