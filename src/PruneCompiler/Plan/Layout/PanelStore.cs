using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Schedule;

namespace PruneCompiler.Plan.Layout;

/// <summary>Allocates activations in panels and keeps their borders zero.</summary>
internal sealed class PanelStore(Lowering lowering, IReadOnlyDictionary<Value, PanelLayout> layouts)
{
    // Copies from and to memory beyond the second-level cache.
    private const double CyclesPerPixel = 0.7;

    private readonly Dictionary<Value, Storage> copies = [];
    private readonly List<(Value Value, (int Y, int X) Stride, (int Y, int X)[] Slots, Storage Panels)> splits = [];

    /// <summary>The layout that a computed value will have; null where it is none of panels.</summary>
    public PanelLayout? Planned(Value value) => value.Producer is null ? null : layouts.GetValueOrDefault(value);

    /// <summary>New panels for a value, border cleared; null when the value has no panel layout.</summary>
    /// <param name="value">The value.</param>
    /// <param name="pixelsOnly">The producer writes pixels but not the gaps between rows, so that these are cleared also.</param>
    public Storage? Write(Value value, bool pixelsOnly)
    {
        if (Planned(value) is not { } layout)
        {
            return null;
        }

        Storage storage = Allocate(value.Name, value.TensorType, layout);
        ClearBorder(value.Producer!, value.Name, storage, pixelsOnly);
        return storage;
    }

    /// <summary>A value in panels with at least the given border, as it lies or copied once for all readers.</summary>
    public Storage Read(Node node, Value value, PanelBorder border)
    {
        Storage storage = lowering.Read(value);
        if (storage.Panel is { } panel && panel.Border.Covers(border))
        {
            return storage;
        }

        if (copies.TryGetValue(value, out Storage? copy) && copy.Panel!.Border.Covers(border))
        {
            return copy;
        }

        PanelLayout layout = layouts.TryGetValue(value, out PanelLayout? planned) && planned.Border.Covers(border) ? planned : RowPanels(value.Shape, border);
        copy = Allocate(value.Name + " panels", value.TensorType, layout);
        Copy(node, $"{value.Name}: copied into padded panels for {node.Name}.", value, copy, (1, 1), [(0, 0)]);
        copies[value] = copy;
        return copy;
    }

    /// <summary>A value split by the phase of rows and columns; an earlier split serves when it has the same form and holds at least the same.</summary>
    public (Storage Panels, (int Y, int X)[] Slots) Split(Node node, Value value, PanelLayout layout, (int Y, int X) stride, (int Y, int X)[] slots)
    {
        foreach ((Value of, (int Y, int X) by, (int Y, int X)[] has, Storage known) in splits)
        {
            PanelLayout panel = known.Panel!;
            if (of == value && by == stride && slots.All(has.Contains) && panel.Flat == layout.Flat && (!layout.Flat || panel.RowLength == layout.RowLength) && panel.Border.Covers(layout.Border))
            {
                return (known, has);
            }
        }

        Storage split = Allocate(value.Name + " split", value.TensorType, layout);
        Copy(node, $"{value.Name}: rows and columns split by their phase for the strides of {node.Name}.", value, split, stride, slots);
        splits.Add((value, stride, slots, split));
        return (split, slots);
    }

    /// <summary>Copies a value into panels, split by the phase of rows and columns.</summary>
    public void Copy(Node node, string about, Value value, Storage to, (int Y, int X) stride, IReadOnlyList<(int Y, int X)> slots)
    {
        Storage from = lowering.Read(value);
        if (from.Shape[-1] != 1 && from.Strides[^1] != 1)
        {
            from = lowering.ReadPlain(node, value);
        }

        PanelLayout layout = to.Panel!;
        ClearBorder(node, value.Name, to, pixelsOnly: false);
        lowering.Assist(
            node,
            stride == (1, 1) ? "panels" : "split",
            about,
            "PanelCopy.Run",
            Arg.Pointer("x", from),
            Arg.Pointer("y", to),
            Arg.Int("images", from.Shape[0]),
            Arg.Int("channels", from.Shape[1]),
            Arg.Ints("size", Sizes(from.Shape)),
            Arg.Int("height", layout.Height),
            Arg.First("first"),
            Arg.End("end", layout.Height),
            Arg.Int("rowLength", layout.RowLength),
            Arg.Int("tail", layout.Flat ? layout.StoredWidth - (layout.Height * layout.RowLength) : 0),
            Arg.Ints("xSteps", Steps(from)),
            Arg.Ints("ySteps", [layout.ImageStride, layout.ChannelStride, layout.PlaneStride, layout.RowStride]),
            Arg.Int("strideY", stride.Y),
            Arg.Int("strideX", stride.X),
            Arg.Ints("phases", slots.SelectMany(s => new[] { s.Y, s.X })));
        lowering.DivideRows(layout.Height, from.Shape.Count * CyclesPerPixel, new RowStep(to, new RowRead(from, new RowReach(stride.Y, 0, stride.Y - 1))));
    }

    /// <summary>Memory for panels; nothing is cleared.</summary>
    public Storage Allocate(string stem, TensorType type, PanelLayout layout)
    {
        BufferPlace buffer = lowering.ScratchElements(stem, type.Type, layout.Length);
        return new Storage(type.Type, type.Shape, buffer with { Offset = layout.Origin }, layout.Strides(type.Shape.Rank)) { Panel = layout };
    }

    /// <summary>Depth, height and width of an activation of 1 to 3 spatial axes.</summary>
    public static int[] Sizes(Shape shape) => [.. Enumerable.Repeat(1, 5 - shape.Rank), .. shape.Dims[2..]];

    /// <summary>Elements from one image, channel, plane, row to the next.</summary>
    public static long[] Steps(Storage storage)
    {
        int rank = storage.Shape.Rank;
        return [storage.Strides[0], storage.Strides[1], rank == 5 ? storage.Strides[2] : 0, rank >= 4 ? storage.Strides[^2] : 0];
    }

    private static PanelLayout RowPanels(Shape s, PanelBorder border) =>
        new(s[0], s[1], s.Rank == 5 ? s[2] : 1, s.Rank >= 4 ? s[-2] : 1, s[-1], Flat: false, PanelLayout.RoundUp(s[-1] + border.Side), border);

    private void ClearBorder(Node node, string name, Storage storage, bool pixelsOnly)
    {
        PanelLayout layout = storage.Panel!;
        if (!layout.HasBorder)
        {
            return;
        }

        var place = (BufferPlace)storage.Place;
        bool flat = layout.Flat;
        lowering.Assist(
            node,
            "border",
            $"{name}: the zero border for the layers that read it.",
            "PanelBorders.Clear",
            Arg.Pointer("start", ElementType.Float32, place with { Offset = 0 }),
            Arg.Int("lead", flat ? 0 : layout.Lead),
            Arg.Int("images", layout.Images),
            Arg.Int("front", layout.Border.Front),
            Arg.Int("depth", layout.Depth),
            Arg.Int("back", layout.Border.Back),
            Arg.Int("pieces", flat ? layout.Channels : 1),
            Arg.Int("piece", flat ? layout.ChannelStride : layout.PlaneStride),
            Arg.Int("before", flat ? layout.Lead : layout.Border.Top * layout.RowStride),
            Arg.Int("body", flat ? layout.StoredWidth : layout.Height * layout.RowStride),
            Arg.Int("tail", flat ? layout.Lead : PanelLayout.RoundUp(layout.Border.Side)));
        if (!pixelsOnly)
        {
            return;
        }

        lowering.Assist(
            node,
            "gaps",
            $"{name}: the zero gaps behind its rows.",
            "PanelBorders.ClearGaps",
            Arg.Pointer("origin", storage),
            Arg.Int("images", layout.Images),
            Arg.Int("channels", layout.Channels),
            Arg.Int("depth", layout.Depth),
            Arg.Int("height", layout.Height),
            Arg.Int("width", layout.Width),
            Arg.Int("gap", layout.RowLength - layout.Width),
            Arg.Int("end", flat ? layout.StoredWidth - (layout.Height * layout.RowLength) : 0),
            Arg.Ints("steps", [layout.ImageStride, layout.ChannelStride, layout.PlaneStride, layout.RowStride]));
    }
}
