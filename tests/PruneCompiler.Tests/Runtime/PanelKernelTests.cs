using System.Runtime.Intrinsics;
using PruneCompiler.Plan.Strategies;
using PruneCompiler.Plan.Strategies.DensePanels;
using PruneCompiler.Plan.Strategies.SparseRows;
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
