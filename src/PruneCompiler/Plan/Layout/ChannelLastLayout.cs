namespace PruneCompiler.Plan.Layout;

/// <summary>Bytes with the channels of a pixel side by side, and a border of pixels that hold one value: how 8-bit layers read and write activations.</summary>
/// <param name="Images">Images.</param>
/// <param name="Channels">Channels.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Width">Pixels of a row.</param>
/// <param name="Border">Pixels around them.</param>
/// <param name="Fill">The byte that the border holds: the zero point.</param>
public sealed record ChannelLastLayout(int Images, int Channels, int Height, int Width, PixelBorder Border, byte Fill)
{
    // Kernels read whole vectors behind the last pixel.
    private const int Slack = 64;

    /// <summary>Bytes from pixel to pixel: kernels store 16 channels at a time, and few channels take little room.</summary>
    public int Pitch => Channels < 4 ? Channels : Channels <= 8 ? 8 : (Channels + 15) / 16 * 16;

    /// <summary>Bytes from row to row.</summary>
    public long Row => (long)(Border.Left + Width + Border.Right) * Pitch;

    /// <summary>Bytes from image to image.</summary>
    public long Image => (Border.Top + Height + Border.Bottom) * Row;

    /// <summary>Bytes in front of the first pixel.</summary>
    public long Origin => (Border.Top * Row) + (Border.Left * Pitch);

    /// <summary>Bytes of the whole.</summary>
    public long Length => (Images * Image) + Slack;
}

/// <summary>Pixels around an image.</summary>
/// <param name="Top">Rows above.</param>
/// <param name="Bottom">Rows below.</param>
/// <param name="Left">Columns to the left.</param>
/// <param name="Right">Columns to the right.</param>
public readonly record struct PixelBorder(int Top, int Bottom, int Left, int Right)
{
    /// <summary>True when there is none.</summary>
    public bool IsNone => this == default;

    /// <summary>True when it is at least as wide on every side.</summary>
    public bool Covers(PixelBorder other) => Top >= other.Top && Bottom >= other.Bottom && Left >= other.Left && Right >= other.Right;

    /// <summary>The wider of two on every side.</summary>
    public PixelBorder Union(PixelBorder other) => new(Math.Max(Top, other.Top), Math.Max(Bottom, other.Bottom), Math.Max(Left, other.Left), Math.Max(Right, other.Right));
}
