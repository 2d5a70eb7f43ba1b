using System.Runtime.Intrinsics;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.DenseChannels;
using PruneCompiler.Plan.Strategies.DensePanels;
using PruneCompiler.Plan.Strategies.SparseRows;
using PruneCompiler.Plan.Strategies.SparseShifts;
using PruneCompiler.Plan.Strategies.SparseTiles;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class PanelKernelTests
{
    private delegate void Kernel(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue);

    private delegate void ChannelKernel(in PanelLoops loops, int step, int tail, int firstRow, int lastRow, float* input, float* output, byte* packed, in PanelEpilogue epilogue);

    public static IEnumerable<object[]> Seeds => Enumerable.Range(0, 60).Select(seed => new object[] { seed });

    [Theory]
    [MemberData(nameof(Seeds))]
    public void DensePanelsMatchTheDefinitionAtEveryVectorWidth(int seed)
    {
        using var layer = new PanelCase(seed);
        if (layer.IsEmpty)
        {
            layer.Pad = layer.PadEnd = default;
            layer.Kernel = (1, 1, 1);
        }

        layer.Build();
        var packed = DensePacker.Pack(layer.Weights, layer.Outputs, layer.TapOffsets);
        RunAll(layer, packed, "512", DensePanels.Run<Vector512<float>, Lanes512>);
        RunAll(layer, packed, "256", DensePanels.Run<Vector256<float>, Lanes256>);
        RunAll(layer, packed, "128", DensePanels.Run<Vector128<float>, Lanes128>);
        RunAll(layer, packed, "1", DensePanels.Run<float, Lanes1>);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void DenseChannelsMatchTheDefinitionAtEveryVectorWidthAndDivision(int seed)
    {
        using var layer = new PanelCase(seed + 2000) { StrideX = 1 + (seed % 2) };
        layer.Outputs = seed % 3 == 0 ? 17 + (seed % 5 * 16) : layer.Outputs;
        if (seed % 3 == 1)
        {
            // Small flat planes, where two rows are taken together.
            (layer.Flat, layer.Width, layer.StrideY, layer.UseBiasRows, layer.Slope) = (true, 1 + (seed / 3 % 8), 1, false, 1f);
        }

        if (layer.IsEmpty)
        {
            layer.Pad = layer.PadEnd = default;
            layer.Kernel = (1, 1, 1);
        }

        layer.Build();
        var packed = ChannelPacker.Pack(layer.Weights, layer.Outputs, layer.TapOffsets);
        RunChannels(layer, packed, "512", DenseChannels.Run<Vector512<float>, Lanes512>);
        RunChannels(layer, packed, "256", DenseChannels.Run<Vector256<float>, Lanes256>);
        RunChannels(layer, packed, "128", DenseChannels.Run<Vector128<float>, Lanes128>);
        RunChannels(layer, packed, "1", DenseChannels.Run<float, Lanes1>);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void SparseRowsMatchTheDefinitionAtEveryVectorWidth(int seed)
    {
        using var layer = new PanelCase(seed + 1000);
        if (layer.IsEmpty)
        {
            layer.Pad = layer.PadEnd = default;
            layer.Kernel = (1, 1, 1);
        }

        layer.Build();
        int group = 1 << (seed % 4);
        int perBlock = seed % 3 * 4 * layer.Kernel.Z * layer.Kernel.Y * layer.Kernel.X;
        var groups = SparsePacker.Group(layer.Weights, layer.Outputs, layer.TapOffsets, group, perBlock);
        var packed = SparsePacker.Pack(groups);
        RunAll(layer, packed, "512", SparseRows.Run<Vector512<float>, Lanes512>);
        RunAll(layer, packed, "256", SparseRows.Run<Vector256<float>, Lanes256>);
        RunAll(layer, packed, "128", SparseRows.Run<Vector128<float>, Lanes128>);
        RunAll(layer, packed, "1", SparseRows.Run<float, Lanes1>);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void SparseTilesMatchTheDefinitionAtEveryVectorWidth(int seed)
    {
        using var layer = new PanelCase(seed + 2000);
        if (layer.IsEmpty)
        {
            layer.Pad = layer.PadEnd = default;
            layer.Kernel = (1, 1, 1);
        }

        layer.Build();
        int columns = (layer.Loops.Width + 15) / 16;
        var shapes = layer.Loops.Rows == 1
            ? Enumerable.Range(1, 8).Select(rows => new TileShape(rows, 1, 16, true))
            : from rows in Enumerable.Range(1, 8) from wide in Enumerable.Range(1, 8 / rows) where columns % wide == 0 select new TileShape(rows, wide, layer.Loops.InputRow, false);
        foreach (TileShape shape in shapes)
        {
            var packed = SparseTilePacker.Pack(SparsePacker.Group(layer.Weights, layer.Outputs, layer.TapOffsets), shape, seed % 3 == 0 ? SparseTilePacker.BlockLines : 10 + seed);
            RunAll(layer, packed, $"512 {shape}", SparseTiles.Run<Vector512<float>, Lanes512>);
            RunAll(layer, packed, $"256 {shape}", SparseTiles.Run<Vector256<float>, Lanes256>);
            RunAll(layer, packed, $"128 {shape}", SparseTiles.Run<Vector128<float>, Lanes128>);
            RunAll(layer, packed, $"1 {shape}", SparseTiles.Run<float, Lanes1>);
        }
    }

    [Theory]
    [InlineData(700, 96, 8)]
    [InlineData(2100, 4, 1)]
    public void SparseTilesDealManyChannelsIntoSlices(int outputs, int channels, int rows)
    {
        using var layer = new PanelCase(5) { Images = 1, Channels = channels, Outputs = outputs, Depth = 1, Height = 9, Width = 17, Kernel = (1, 3, 3), Pad = (0, 1, 1), PadEnd = (0, 1, 1), Dilation = (1, 1, 1), StrideY = 1, Flat = false, Sparsity = 0.95 };
        layer.Build();
        var packed = SparseTilePacker.Pack(SparsePacker.Group(layer.Weights, outputs, layer.TapOffsets), new TileShape(rows, 1, layer.Loops.InputRow, false), 64);
        RunAll(layer, packed, "512", SparseTiles.Run<Vector512<float>, Lanes512>);
        RunAll(layer, packed, "256", SparseTiles.Run<Vector256<float>, Lanes256>);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void ShiftedSumsMatchTheDefinitionAtEveryVectorWidth(int seed)
    {
        using var layer = new PanelCase(seed + 3000) { Flat = false, Slope = 1f };
        layer.Width = new[] { 3, 7, 13, 14, 22, 28, 30, 55, 58, 60 }[seed % 10];
        int reach = Math.Min(3, Math.Min(layer.Width, 2 + (seed % 4)));
        layer.Kernel = (layer.Kernel.Z, layer.Kernel.Y, reach);
        int pad = seed % 5 == 0 ? 0 : reach / 2;
        (layer.Pad, layer.PadEnd, layer.Dilation) = ((layer.Pad.Z, layer.Pad.Y, pad), (layer.Pad.Z, layer.Pad.Y, pad), (1, layer.Dilation.Y, 1));
        if (layer.IsEmpty)
        {
            layer.Kernel = (1, 1, reach);
            layer.Pad = layer.PadEnd = (0, 0, pad);
        }

        layer.Build();
        int perBlock = seed % 3 * 4 * layer.Kernel.Z * layer.Kernel.Y * layer.Kernel.X;
        var packed = new SparseShiftPacker(SparsePacker.Group(layer.Weights, layer.Outputs, layer.TapOffsets, 1, perBlock)).Pack();
        RunAll(layer, packed, "512", SparseShifts.Run<Vector512<float>, Lanes512>);
        RunAll(layer, packed, "256", SparseShifts.Run<Vector256<float>, Lanes256>);
        RunAll(layer, packed, "128", SparseShifts.Run<Vector128<float>, Lanes128>);
        RunAll(layer, packed, "1", SparseShifts.Run<float, Lanes1>);
    }

    [Fact]
    public void ShiftedSumsTakeFiveColumns()
    {
        using var layer = new PanelCase(8) { Images = 1, Channels = 6, Outputs = 10, Depth = 1, Height = 6, Width = 28, Kernel = (1, 5, 5), Pad = (0, 2, 2), PadEnd = (0, 2, 2), Dilation = (1, 1, 1), StrideY = 1, Flat = false, Sparsity = 0.8, UseBiasRows = false, Slope = 1f };
        layer.Build();
        var packed = new SparseShiftPacker(SparsePacker.Group(layer.Weights, layer.Outputs, layer.TapOffsets)).Pack();
        RunAll(layer, packed, "512", SparseShifts.Run<Vector512<float>, Lanes512>);
        RunAll(layer, packed, "256", SparseShifts.Run<Vector256<float>, Lanes256>);
    }

    // A thread, or a band of a chain of layers, may do a single row of an image.
    [Fact]
    public void SparseTilesRunRowByRow()
    {
        using var layer = new PanelCase(6) { Images = 1, Channels = 5, Outputs = 13, Depth = 1, Height = 9, Width = 40, Kernel = (1, 3, 3), Pad = (0, 1, 1), PadEnd = (0, 1, 1), Dilation = (1, 1, 1), StrideY = 1, Flat = false, Sparsity = 0.5, UseBiasRows = false, UseResidual = false, InPlaceResidual = false };
        layer.Build();
        var packed = SparseTilePacker.Pack(SparsePacker.Group(layer.Weights, layer.Outputs, layer.TapOffsets), new TileShape(2, 1, layer.Loops.InputRow, false));
        RunAll(layer, packed, "row by row", (in PanelLoops loops, float* input, float* output, byte* bytes, in PanelEpilogue epilogue) =>
        {
            for (int y = 0; y < loops.Rows; y++)
            {
                var one = new PanelLoops(1, 1, 1, loops.Width, loops.StoredWidth, 0, 0, loops.InputRow, 0, 0, loops.OutputRow);
                SparseTiles.Run(one, input + (y * loops.InputRow), output + (y * loops.OutputRow), bytes, epilogue);
            }
        });
    }

    [Theory]
    [InlineData(12, 12, 12, 1)]
    [InlineData(12, 24, 12, 2)]
    [InlineData(6, 16, 2, 4)]
    public void SparseRowsRunDepthwiseAndGroupedConvolutions(int channels, int outputs, int convolutionGroups, int group)
    {
        using var layer = new PanelCase(77) { Channels = channels, Outputs = outputs, ConvolutionGroups = convolutionGroups, Kernel = (1, 3, 3), Pad = (0, 1, 1), PadEnd = (0, 1, 1), Depth = 1, Dilation = (1, 1, 1), Sparsity = 0.2 };
        layer.Build();
        var packed = SparsePacker.Pack(SparsePacker.Group(layer.Weights, outputs, layer.TapOffsets, group, 0, convolutionGroups, layer.GroupOffset));
        RunAll(layer, packed, "512", SparseRows.Run<Vector512<float>, Lanes512>);
        RunAll(layer, packed, "128", SparseRows.Run<Vector128<float>, Lanes128>);
    }

    // Once as a whole, and once in two parts, as two threads would, the second one first.
    private static void RunChannels(PanelCase layer, PackedTaps packed, string what, ChannelKernel kernel)
    {
        (PanelLoops loops, PanelEpilogue epilogue, int tail) = layer.ByImageRow();
        fixed (byte* bytes = packed.Bytes)
        {
            layer.Reset();
            kernel(loops, layer.StrideX, tail, 0, loops.Rows - 1, layer.InputPointer, layer.OutputPointer, bytes, epilogue);
            layer.Check(what);
            if (loops.Images > 1 || loops.Planes > 1 || loops.Rows < 2)
            {
                return;
            }

            int half = loops.Rows / 2;
            layer.Reset();
            Part(half, loops.Rows - half, bytes);
            Part(0, half, bytes);
            layer.Check(what + " in parts");
        }

        void Part(int first, int rows, byte* bytes)
        {
            var part = new PanelLoops(
                1, 1, rows, loops.Width, loops.StoredWidth, loops.InputImage, loops.InputPlane, loops.InputRow, loops.OutputImage, loops.OutputPlane, loops.OutputRow, loops.ResidualImage, loops.ResidualPlane, loops.ResidualRow);
            float* residual = epilogue.Residual == null ? null : epilogue.Residual + (first * loops.ResidualRow);
            var e = new PanelEpilogue(
                epilogue.Channels, epilogue.OutputOffset, epilogue.Bias, null, epilogue.Low, epilogue.High, epilogue.Slope, residual, epilogue.ResidualOffset, epilogue.BiasRows, epilogue.BiasRowLength, epilogue.RowClass + first);
            kernel(part, layer.StrideX, tail, first, loops.Rows - 1, layer.InputPointer + (first * loops.InputRow), layer.OutputPointer + (first * loops.OutputRow), bytes, e);
        }
    }

    private static void RunAll(PanelCase layer, PackedTaps packed, string what, Kernel kernel)
    {
        fixed (byte* bytes = packed.Bytes)
        {
            layer.Reset();
            kernel(layer.Loops, layer.InputPointer, layer.OutputPointer, bytes, layer.Epilogue);
            layer.Check(what);
        }
    }
}
