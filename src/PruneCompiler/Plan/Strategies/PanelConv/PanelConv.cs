using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Layout;
using PruneCompiler.Plan.Schedule;
using PruneCompiler.Plan.Strategies.DenseChannels;
using PruneCompiler.Plan.Strategies.SparseShifts;
using PruneCompiler.Plan.Strategies.UnrolledTaps;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Convolutions of float32 with constant weights on padded panels: sparse rows or dense register tiles, whichever costs less.</summary>
internal static class PanelConv
{
    // Offsets are 32-bit; larger activations take the plain way.
    private const long LargestActivation = 1L << 28;

    /// <summary>True when the kernels serve the node.</summary>
    public static bool Applies(Node node) =>
        node.Operator is Conv
        && node.Input(0).Type == ElementType.Float32
        && node.Input(0).Constant is null
        && node.Input(1).Constant is not null
        && node.InputOrNull(2) is null or { Constant: not null }
        && node.Outputs[0].Shape.Count is > 0 and < LargestActivation
        && node.Input(0).Shape.Count is > 0 and < LargestActivation
        && !MatrixLayer.IsWholeInput(node);

    /// <summary>Lowers the node.</summary>
    public static void Lower(Node node, Lowering lowering)
    {
        ConvGeometry geometry = ConvGeometry.Of(node, DenseChannelsStrategy.ReadsInPlace(node, lowering.Options.Target));
        Storage? residual = node.InputOrNull(Conv.ResidualInput) is { } r ? lowering.ReadPanel(node, r, default) : null;
        Storage y = lowering.WritePanel(node.Outputs[0]);
        (Storage x, (int Y, int X)[] slots) = geometry.IsSplit ? Split(node, lowering, geometry, y.Panel!) : (lowering.ReadPanel(node, node.Input(0), geometry.Border), geometry.Slots);
        if (y.Panel!.Flat && !geometry.ReadsInPlace && (x.Panel!.RowLength != y.Panel.RowLength || !x.Panel.Flat))
        {
            throw new InvalidOperationException($"'{node.Name}': input and output panels do not fit");
        }

        if (residual is not null && y.Panel.Flat && (!residual.Panel!.Flat || residual.Panel.RowLength != y.Panel.RowLength))
        {
            throw new InvalidOperationException($"'{node.Name}': residual and output panels do not fit");
        }

        var layer = new PanelLayer(node, geometry, x.Panel!, slots, y.Panel);
        List<Candidate<PackedTaps>> candidates = layer.Candidates(residual, lowering.Options.Target, lowering.UnrollableTaps);
        (Candidate<PackedTaps> best, string reason) = Choice.Pick(candidates, layer.Zeros, lowering.Options);
        PackedTaps packed = best.Build();
        lowering.Layer(node, best.Strategy, reason, packed.Macs * y.Shape.Count / y.Shape[1], packed.Bytes.LongLength, packed.Macs, Choice.Predictions(candidates));
        string about = $"{node.Name}: {LayerStatistics.Title(node)}, {node.Input(0).Shape} -> {y.Shape}, {best.Strategy}.\n{reason}.";
        PanelDivision division = PanelDivision.Of(y.Panel);
        var read = new RowRead(x, geometry.RowReach);
        var row = new RowStep(y, residual is null ? [read] : [read, RowRead.Same(residual)]) { Weights = packed.Bytes.LongLength, Tile = layer.RowsOfTile(best.Strategy) };
        if (best.Strategy == UnrolledTapsStrategy.Name)
        {
            lowering.UnrollableTaps -= layer.Rows.Sum(r => r.Offsets.Length);
            layer.CheckBounds(packed);
            UnrolledTapsStrategy.Lower(node, lowering, about, x.Panel!.RowStride, x, y, layer.Rows);
            Divide(lowering, division, best.Cycles, row);
            return;
        }

        if (best.Strategy == DenseChannelsStrategy.Name)
        {
            DenseChannelsStrategy.CheckBounds(node, geometry, x.Panel!, y.Panel, packed);
            DenseChannelsStrategy.Lower(node, lowering, about, geometry, x, y, residual, packed, best.Cycles);
            return;
        }

        layer.CheckBounds(packed);
        lowering.Call(
            node,
            about,
            best.IsDense ? "DensePanels.Run" : best.Strategy == PanelLayer.SparseTiles ? "SparseTiles.Run" : best.Strategy == SparseShiftPacker.Name ? "SparseShifts.Run" : "SparseRows.Run",
            PanelArguments.Loops(geometry, division, x, y, residual),
            Arg.Moving("input", x, division.Step(x.Panel!, geometry.Window.Strides[0])),
            Arg.Moving("output", y, division.Step(y.Panel)),
            Arg.Pointer("packed", ElementType.UInt8, lowering.Pack<byte>(WeightsSection.Stream, packed.Bytes)),
            PanelArguments.Epilogue(node, lowering, division, y, residual));
        Divide(lowering, division, best.Cycles, row);
    }

    private static void Divide(Lowering lowering, PanelDivision division, double cycles, RowStep row)
    {
        if (row.Reads is [var input, var added])
        {
            lowering.MayAddInPlace(row.Writes, added.Storage, input.Storage);
        }

        if (division.Unit == PanelDivision.Rows)
        {
            lowering.DivideRows(division.Units, cycles, row);
        }
        else
        {
            lowering.Divide(division.Unit, division.Units, cycles);
        }
    }

    private static (Storage Panels, (int Y, int X)[] Slots) Split(Node node, Lowering lowering, ConvGeometry geometry, PanelLayout output)
    {
        int rowLength = output.Flat ? output.RowLength : PanelLayout.RoundUp(geometry.Width + geometry.Border.Side);
        SpatialWindow window = geometry.Window;
        Shape shape = node.Input(0).Shape;
        var layout = new PanelLayout(shape[0], shape[1] * geometry.Slots.Length, window.Input[0], geometry.Height, geometry.Width, output.Flat, rowLength, geometry.Border);
        return lowering.ReadSplit(node, node.Input(0), layout, (window.Strides[1], window.Strides[2]), geometry.Slots);
    }
}
