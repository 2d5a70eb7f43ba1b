using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan.Layout;

/// <summary>What a convolution reads of its input, once rows and columns are split by their phase where it has strides.</summary>
/// <param name="Window">Sizes, strides and pads, with three spatial axes.</param>
/// <param name="Group">Groups of channels.</param>
/// <param name="Slots">Phases of row and column that any tap reads; (0, 0) alone without strides.</param>
/// <param name="Height">Rows of a phase.</param>
/// <param name="Width">Columns of a phase.</param>
/// <param name="Border">Zeros that taps read around each phase's plane.</param>
/// <param name="ReadsInPlace">The kernel steps over pixels itself: the input is not split, whatever the strides.</param>
public sealed record ConvGeometry(SpatialWindow Window, int Group, (int Y, int X)[] Slots, int Height, int Width, PanelBorder Border, bool ReadsInPlace = false)
{
    /// <summary>True when the input has to be split (or only copied in part) before the kernels can read it.</summary>
    public bool IsSplit => !ReadsInPlace && (Window.Strides[1] > 1 || Window.Strides[2] > 1);

    /// <summary>
    /// Rows of the panels that are read, split or not, for each output row. The padding left of a row's first channel is the gap behind the last channel of the row
    /// before it, so that where columns are padded that row has to be there too.
    /// </summary>
    public RowReach RowReach
    {
        get
        {
            var rows = Positions(Window, 1, ReadsInPlace ? [1, 1, 1] : Window.Strides);
            return new RowReach(ReadsInPlace ? Window.Strides[1] : 1, Math.Max(0, -rows.Min(r => r.Position)) + (Border.Side > 0 ? 1 : 0), Math.Max(0, rows.Max(r => r.Position)));
        }
    }

    /// <summary>Analyses a Conv.</summary>
    /// <param name="node">The convolution.</param>
    /// <param name="readsInPlace">The kernel steps over pixels itself.</param>
    public static ConvGeometry Of(Node node, bool readsInPlace = false)
    {
        SpatialWindow window = SpatialWindow.OfConvolution(node, node.Input(0).Shape, node.Input(1).Shape).InThreeDimensions();
        int[] steps = readsInPlace ? [1, 1, 1] : window.Strides, strides = readsInPlace ? window.Strides : [1, 1, 1];
        (int Phase, int Position)[] rows = Positions(window, 1, steps), columns = Positions(window, 2, steps);
        int height = Ceiling(window.Input[1], steps[1]), width = Ceiling(window.Input[2], steps[2]);
        var slots = rows.Select(r => r.Phase).Distinct().Order().SelectMany(y => columns.Select(c => c.Phase).Distinct().Order().Select(x => (y, x))).ToArray();
        int lastPlane = ((window.Output[0] - 1) * window.Strides[0]) + ((window.Kernel[0] - 1) * window.Dilations[0]) - window.PadsBegin[0];
        var border = new PanelBorder(
            window.PadsBegin[0],
            Math.Max(0, lastPlane - (window.Input[0] - 1)),
            Math.Max(0, -rows.Min(r => r.Position)),
            Math.Max(0, ((window.Output[1] - 1) * strides[1]) + rows.Max(r => r.Position) - (height - 1)),
            Math.Max(Math.Max(0, -columns.Min(c => c.Position)), ((window.Output[2] - 1) * strides[2]) + columns.Max(c => c.Position) - (width - 1)));
        return new ConvGeometry(window, (int)node.Attributes.Int("group", 1), slots, height, width, border, readsInPlace);
    }

    /// <summary>For each tap of the first group's weights (channel, kz, ky, kx) its offset in elements from the output pixel's place in the input.</summary>
    /// <param name="input">The panels that are read.</param>
    /// <param name="slots">The phases that they hold: at least those of this convolution.</param>
    public int[] TapOffsets(PanelLayout input, (int Y, int X)[] slots)
    {
        int[] steps = ReadsInPlace ? [1, 1, 1] : Window.Strides;
        (int Phase, int Position)[] rows = Positions(Window, 1, steps), columns = Positions(Window, 2, steps);
        int channels = input.Channels / slots.Length / Group;
        var offsets = new List<int>(channels * Window.Taps);
        for (int c = 0; c < channels; c++)
        {
            for (int z = 0; z < Window.Kernel[0]; z++)
            {
                long plane = ((z * Window.Dilations[0]) - Window.PadsBegin[0]) * input.PlaneStride;
                foreach (var row in rows)
                {
                    foreach (var column in columns)
                    {
                        int slot = Array.IndexOf(slots, (row.Phase, column.Phase));
                        offsets.Add(checked((int)(plane + (((c * slots.Length) + slot) * input.ChannelStride) + (row.Position * input.RowStride) + column.Position)));
                    }
                }
            }
        }

        return [.. offsets];
    }

    private static int Ceiling(int value, int by) => (value + by - 1) / by;

    // Tap k of an axis reads the input at k * dilation - pad, which is this position of this phase.
    private static (int Phase, int Position)[] Positions(SpatialWindow window, int axis, int[] strides) =>
        [.. Enumerable.Range(0, window.Kernel[axis]).Select(k =>
        {
            int at = (k * window.Dilations[axis]) - window.PadsBegin[axis], stride = strides[axis];
            int phase = ((at % stride) + stride) % stride;
            return (phase, (at - phase) / stride);
        })];
}
