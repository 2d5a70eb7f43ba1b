using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Plan.Layout;

/// <summary>Allocates bytes with the channels side by side and fills their borders.</summary>
internal sealed class ChannelLastStore(Lowering lowering, IReadOnlyDictionary<Value, ChannelLastLayout> layouts)
{
    private readonly List<(Value Value, Storage Copy)> copies = [];

    /// <summary>New memory for a value, its border filled; null when no such layout was planned for it.</summary>
    public Storage? Write(Value value)
    {
        if (value.Producer is not { } producer || !layouts.TryGetValue(value, out ChannelLastLayout? layout))
        {
            return null;
        }

        return Allocate(producer, value.Name, value.TensorType, layout);
    }

    /// <summary>A value with the channels side by side and at least a border of the zero point, as it lies or copied once for all readers.</summary>
    public Storage Read(Node node, Value value, PixelBorder border, byte zero)
    {
        Storage storage = lowering.Read(value);
        if (Serves(storage, border, zero))
        {
            return storage;
        }

        foreach ((Value of, Storage known) in copies)
        {
            if (of == value && Serves(known, border, zero))
            {
                return known;
            }
        }

        Storage copy = Allocate(node, value.Name + " pixels", value.TensorType, ChannelLastPlanner.Plain(value.Shape) with { Border = border, Fill = zero });
        ByteSteps.Move(node, lowering, $"{value.Name}: copied for {node.Name}, the channels of a pixel side by side.", storage, copy, 0);
        copies.Add((value, copy));
        return copy;
    }

    private static bool Serves(Storage storage, PixelBorder border, byte zero) =>
        storage.ChannelLast is { } layout && layout.Border.Covers(border) && (border.IsNone || layout.Fill == zero);

    private Storage Allocate(Node node, string stem, TensorType type, ChannelLastLayout layout)
    {
        BufferPlace buffer = lowering.ScratchElements(stem, type.Type, layout.Length);
        long[] strides = type.Shape.Rank == 4 ? [layout.Image, 1, layout.Row, layout.Pitch] : [layout.Image, 1, layout.Pitch];
        var storage = new Storage(type.Type, type.Shape, buffer with { Offset = layout.Origin }, strides) { ChannelLast = layout };
        if (!layout.Border.IsNone)
        {
            lowering.Call(
                node,
                $"{stem}: the border holds the zero point {layout.Fill} for the layers that read it.",
                "ByteRows.FillBorder",
                Arg.Pointer("start", type.Type, buffer),
                Arg.Int("images", layout.Images),
                Arg.Int("image", layout.Image),
                Arg.Int("lead", layout.Origin),
                Arg.Int("rows", layout.Height),
                Arg.Int("row", layout.Row),
                Arg.Int("pixels", (long)layout.Width * layout.Pitch),
                Arg.Int("value", layout.Fill));
        }

        return storage;
    }
}
