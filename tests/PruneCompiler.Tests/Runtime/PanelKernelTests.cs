using System.Runtime.Intrinsics;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.DensePanels;
using PruneCompiler.Plan.Strategies.SparseRows;
using PruneCompiler.Plan.Strategies.SparseTiles;
using PruneCompiler.Runtime;

namespace PruneCompiler.Tests.Runtime;

public unsafe class PanelKernelTests
{
    private delegate void Kernel(in PanelLoops loops, float* input, float* output, byte* packed, in PanelEpilogue epilogue);

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
