using PruneCompiler.Emit;
using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan.Strategies;

/// <summary>How the output of a panel kernel divides into units that are computed apart: its outermost axis that has several indices.</summary>
/// <param name="Unit">One of the units below.</param>
/// <param name="Units">How many.</param>
internal sealed record PanelDivision(string Unit, int Units)
{
    /// <summary>Units are images.</summary>
    public const string Images = "image";

    /// <summary>Units are planes of a 3-D activation.</summary>
    public const string Planes = "plane";

    /// <summary>Units are rows of the image.</summary>
    public const string Rows = StepRange.Row;

    /// <summary>Units are 16 pixels of flattened planes: one vector of the widest kind.</summary>
    public const string Pixels = "16 pixels";

    /// <summary>Pixels of a unit of <see cref="Pixels"/>.</summary>
    public const int PixelsPerUnit = 16;

    /// <summary>The division of an output.</summary>
    public static PanelDivision Of(PanelLayout output) =>
        output.Images > 1 ? new(Images, output.Images)
        : output.Depth > 1 ? new(Planes, output.Depth)
        : output.Flat ? new(Pixels, output.StoredWidth / PixelsPerUnit)
        : new(Rows, output.Height);

    /// <summary>Elements from one unit to the next in panels whose rows and planes correspond to those of the output one by one.</summary>
    public long Step(PanelLayout panel, int planeStride = 1) => Unit switch
    {
        Images => panel.ImageStride,
        Planes => panel.PlaneStride * planeStride,
        Rows => panel.RowStride,
        _ => PixelsPerUnit,
    };

    /// <summary>The step where units are of the given kind, else 0.</summary>
    public long Of(string unit, long step) => Unit == unit ? step : 0;

    /// <summary>The argument that counts the units of the given kind, which is the whole where others are divided.</summary>
    public Argument Count(string name, int total, string unit) => Unit == unit ? Arg.Count(name, total, unit == Pixels ? PixelsPerUnit : 1) : Arg.Int(name, total);
}
