namespace PruneCompiler.Plan.Layout;

/// <summary>Zeros that readers want around every plane of an activation, in pixels.</summary>
/// <param name="Front">Planes in front.</param>
/// <param name="Back">Planes behind.</param>
/// <param name="Top">Rows above.</param>
/// <param name="Bottom">Rows below.</param>
/// <param name="Side">Pixels on either side of a row; left and right share them.</param>
public readonly record struct PanelBorder(int Front, int Back, int Top, int Bottom, int Side)
{
    /// <summary>The larger of both on each side.</summary>
    public PanelBorder Union(PanelBorder other) => new(
        Math.Max(Front, other.Front), Math.Max(Back, other.Back), Math.Max(Top, other.Top), Math.Max(Bottom, other.Bottom), Math.Max(Side, other.Side));

    /// <summary>True when every side is at least as wide as the other's.</summary>
    public bool Covers(PanelBorder other) => Union(other) == this;
}

/// <summary>
/// How an activation [N, C, D, H, W] lies in padded panels: element (n, c, d, y, x) is at Origin + n * ImageStride + d * PlaneStride + y * RowStride + c * ChannelStride + x,
/// with zeros around each plane, so that convolutions read past its edges without a test.
/// </summary>
/// <remarks>
/// Row panels are [row][channel][row length]: what neighbouring rows of one tile read lies close together. The pixels behind a channel's row are the
/// right padding of that row and the left padding of the next. Flat planes are [channel][rows of row length], for small images: a plane is then
/// one row for the kernels, whose junk columns are the padding.
/// </remarks>
/// <param name="Images">N.</param>
/// <param name="Channels">C.</param>
/// <param name="Depth">D; 1 for less than three spatial axes.</param>
/// <param name="Height">H; 1 for one spatial axis.</param>
/// <param name="Width">W.</param>
/// <param name="Flat">Flat planes instead of row panels.</param>
/// <param name="RowLength">Elements from one row of a channel to what follows: at least the width and the border's side; row panels: a multiple of 16.</param>
/// <param name="Border">Zeros around each plane.</param>
public sealed record PanelLayout(int Images, int Channels, int Depth, int Height, int Width, bool Flat, int RowLength, PanelBorder Border)
{
    // Kernels read whole vectors: up to 16 elements behind the last pixel, and as many again where the width was rounded up.
    private const int Slack = 64;

    /// <summary>Elements that a kernel writes of each output row: real pixels, then zeros.</summary>
    public int StoredWidth => Flat ? RoundUp(Height * RowLength) : RowLength;

    /// <summary>Rows as kernels count them.</summary>
    public int Rows => Flat ? 1 : Height;

    /// <summary>Pixels of a row as kernels count them, junk columns of flat planes included.</summary>
    public int ComputedWidth => Flat ? Height * RowLength : Width;

    /// <summary>Zeros in front of the first element that is stored: of each channel in flat planes, of the whole in row panels.</summary>
    public int Lead => Flat
        ? RoundUp(Math.Max((Border.Top * RowLength) + Border.Side, (Border.Bottom * RowLength) + Border.Side - (StoredWidth - (Height * RowLength))))
        : RoundUp(Border.Side);

    /// <summary>Elements from one channel to the next.</summary>
    public long ChannelStride => Flat ? Lead + StoredWidth : RowLength;

    /// <summary>Elements from one row to the next.</summary>
    public long RowStride => Flat ? RowLength : (long)Channels * RowLength;

    /// <summary>Elements from one plane to the next.</summary>
    public long PlaneStride => Flat ? Channels * ChannelStride : (Border.Top + Height + Border.Bottom) * RowStride;

    /// <summary>Elements from one image to the next.</summary>
    public long ImageStride => (Border.Front + Depth + Border.Back) * PlaneStride;

    /// <summary>Where element (0, 0, 0, 0, 0) lies in the buffer.</summary>
    public long Origin => Lead + (Border.Front * PlaneStride) + (Flat ? 0 : Border.Top * RowStride);

    /// <summary>Elements of the buffer, with what kernels may read behind the last pixel.</summary>
    public long Length => Lead + (Images * ImageStride) + (Flat ? Lead : RoundUp(Border.Side)) + Slack;

    /// <summary>True when something around the pixels has to be zero.</summary>
    public bool HasBorder => Border != default;

    /// <summary>Strides along the axes of a value of <paramref name="rank"/> 3 to 5.</summary>
    public long[] Strides(int rank) => rank switch
    {
        3 => [ImageStride, ChannelStride, 1],
        4 => [ImageStride, ChannelStride, RowStride, 1],
        _ => [ImageStride, ChannelStride, PlaneStride, RowStride, 1],
    };

    /// <summary>The next multiple of 16: of the widest vector.</summary>
    public static int RoundUp(int value) => (value + 15) & ~15;
}
