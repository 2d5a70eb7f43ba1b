using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Plan.Strategies.IntegerSparse;

/// <summary>Lists of the weights that are not zero, for each output channel of an 8-bit layer, over pixels side by side.</summary>
internal static class IntegerSparseStrategy
{
    /// <summary>For people, and for <see cref="CompileOptions.Without"/>.</summary>
    public const string Name = "integer rows";

    /// <summary>The call's arguments between the loops and the epilogue, and behind it, and the bytes of the packed form.</summary>
    public static (Argument[] Before, Argument Memory, long Bytes, string Tap) Arguments(Node node, Lowering lowering, IntegerTaps taps, PlaneTile tile, Argument x)
    {
        IntegerQuadRows rows = QuadPacker.Pack(taps, tile);
        bool isShort = rows.Taps.All(t => t <= ushort.MaxValue);
        int[] phases = [.. tile.Phases.SelectMany(p => new[] { p.Source, p.Place, p.MoreRows, p.MoreColumns })];
        Argument planes = Arg.Struct(
            "planes",
            "IntegerPlanes",
            Arg.Int("rows", tile.Rows),
            Arg.Int("columns", tile.Columns),
            Arg.Int("pitch", tile.Pitch),
            Arg.Int("plane", tile.Plane),
            Arg.Int("channels", tile.Channels),
            Arg.Int("phaseCount", tile.Phases.Count),
            Arg.Pointer("phases", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, phases)));
        Argument offsets = isShort
            ? Arg.Pointer("taps", ElementType.UInt16, lowering.Pack<ushort>(WeightsSection.Stream, Array.ConvertAll(rows.Taps, t => (ushort)t)))
            : Arg.Pointer("taps", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, rows.Taps));
        Argument[] before =
        [
            planes,
            x,
            Arg.Pointer("weights", ElementType.Int8, lowering.Pack<sbyte>(WeightsSection.Stream, rows.Weights)),
            offsets,
            Arg.Pointer("quads", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, rows.Quads)),
            Arg.Pointer("order", ElementType.UInt8, lowering.Pack<byte>(WeightsSection.Stream, rows.Order)),
        ];
        Argument memory = Arg.Pointer("tile", ElementType.UInt8, lowering.ScratchElements(node.Name + " tile", ElementType.UInt8, tile.Bytes));
        return (before, memory, rows.Weights.Length + ((isShort ? 2L : 4L) * rows.Taps.Length) + (5L * rows.Quads.Length), isShort ? "ushort" : "int");
    }
}
