namespace PruneCompiler.Plan.Strategies.IntegerSparse;

/// <summary>A weight of an 8-bit layer that is not zero.</summary>
/// <param name="Channel">Input channel.</param>
/// <param name="Y">Row of the kernel.</param>
/// <param name="X">Column of the kernel.</param>
/// <param name="Weight">Within -255 to 255.</param>
internal readonly record struct IntegerTap(int Channel, int Y, int X, int Weight);

/// <summary>What the choice of a tile for sparse rows depends on, and what places its taps.</summary>
/// <param name="Rows">Rows of the output, all images' for one.</param>
/// <param name="Width">Pixels of a row.</param>
/// <param name="Images">Images.</param>
/// <param name="Channels">Input channels.</param>
/// <param name="Strides">Pixels from window to window, vertically and horizontally.</param>
/// <param name="Dilations">Pixels from tap to tap.</param>
/// <param name="Pads">Pixels of padding above and to the left.</param>
/// <param name="Row">Bytes from row to row of the input.</param>
/// <param name="Pixel">Bytes from pixel to pixel of the input.</param>
/// <param name="Filters">For each output channel its weights that are not zero.</param>
internal sealed record IntegerTaps(int Images, int Rows, int Width, int Channels, (int Y, int X) Strides, (int Y, int X) Dilations, (int Y, int X) Pads, long Row, long Pixel, IReadOnlyList<IReadOnlyList<IntegerTap>> Filters)
{
    /// <summary>Columns and rows that a tap meets at a stride: which of them, and how many later.</summary>
    public (int PhaseY, int PhaseX, int ShiftY, int ShiftX) Place(IntegerTap tap)
    {
        (int y, int x) = (tap.Y * Dilations.Y, tap.X * Dilations.X);
        return (y % Strides.Y, x % Strides.X, y / Strides.Y, x / Strides.X);
    }
}
