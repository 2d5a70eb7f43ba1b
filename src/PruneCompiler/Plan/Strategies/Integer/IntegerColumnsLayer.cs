using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>8-bit depthwise convolutions whose kernels have three columns: see the runtime's IntegerColumns.</summary>
internal static class IntegerColumnsLayer
{
    private const int Rows = 3, Columns = 3, Quad = 4;

    /// <summary>True for the windows and layouts that the kernel takes.</summary>
    public static bool Applies(SpatialWindow window, ChannelLastLayout layout, int stored) =>
        window.Kernel[1] <= Rows && window.Kernel[2] == Columns && window.Dilations[2] == 1 && window.Strides[2] is 1 or 2 && layout.Pitch % IntegerPacker.Block == 0 && stored % IntegerPacker.Block == 0;

    /// <summary>Bytes of packed weights.</summary>
    public static long Bytes(int channels) => (channels + IntegerColumns.Group - 1) / IntegerColumns.Group * (long)IntegerColumns.GroupBytes;

    /// <summary>The arguments between the input and the epilogue.</summary>
    public static Argument[] Arguments(Node node, Lowering lowering, SpatialWindow window, ChannelLastLayout layout)
    {
        ReadOnlySpan<short> values = node.Input(1).Constant!.As<short>();
        int channels = node.Outputs[0].Shape[1], height = window.Kernel[1];
        var weights = new sbyte[Bytes(channels)];
        for (int i = 0; i < weights.Length; i++)
        {
            int group = i / IntegerColumns.GroupBytes, inside = i % IntegerColumns.GroupBytes, column = inside / (Quad * IntegerColumns.Group), row = inside % Quad;
            int channel = (group * IntegerColumns.Group) + IntegerColumns.Order(inside / Quad % IntegerColumns.Group);
            weights[i] = row < height && channel < channels ? (sbyte)values[(((channel * height) + row) * Columns) + column] : (sbyte)0;
        }

        int[] rows = [.. Enumerable.Range(0, Rows).Select(r => checked((int)IntegerGeometry.Offset(window, layout, r < height ? r : 0, 0)))];
        return
        [
            Arg.Pointer("weights", ElementType.Int8, lowering.Pack<sbyte>(WeightsSection.Vectors, weights)),
            Arg.Pointer("rows", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, rows)),
            Arg.Int("pixel", layout.Pitch),
            Arg.Int("stride", window.Strides[2]),
        ];
    }
}
