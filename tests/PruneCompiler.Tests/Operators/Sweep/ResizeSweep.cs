using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class ResizeSweep
{
    private static readonly float[][] Scales = [[1, 1, 2, 2], [1, 1, 0.6f, 1.7f], [1, 1, 3, 0.5f]];

    // Where a length is rounded down, ONNX takes it unrounded with align_corners and ONNX Runtime does not; PruneCompiler follows ONNX.
    private static readonly float[][] WholeScales = [[1, 1, 2, 2], [1, 1, 0.6f, 3], [1, 1, 0.2f, 1]];

    [Theory]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(18)]
    [InlineData(19)]
    public void Every_mode_and_coordinate(int opset)
    {
        var data = new SweepData(41);
        var cases = new List<SweepCase>();
        SweepInput? noRegion = opset < 13 ? Singles() : null; // absent inputs had to be given as empty ones
        SweepInput? noScales = noRegion;
        string[] coordinates = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", .. opset >= 19 ? new[] { "half_pixel_symmetric" } : []];
        foreach (string coordinate in coordinates)
        {
            foreach (float[] scales in coordinate == "align_corners" ? WholeScales : Scales)
            {
                cases.Add(new("Resize", [data.Any(1, 2, 5, 7), noRegion, Singles(scales)], ("mode", "linear"), ("coordinate_transformation_mode", coordinate)));
                cases.Add(new("Resize", [data.Any(1, 2, 5, 7), noRegion, Singles(scales)], ("mode", "cubic"), ("coordinate_transformation_mode", coordinate)) { Tolerance = 1e-4 });
                foreach (string nearest in coordinate == "half_pixel_symmetric" ? new[] { "round_prefer_floor", "round_prefer_ceil" } : ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
                {
                    cases.Add(new("Resize", [data.Any(1, 2, 5, 7), noRegion, Singles(scales)], ("mode", "nearest"), ("coordinate_transformation_mode", coordinate), ("nearest_mode", nearest)));
                }
            }
        }

        foreach (string mode in new[] { "linear", "cubic", "nearest" })
        {
            cases.Add(new("Resize", [data.Any(1, 2, 5, 7), noRegion, noScales, Longs(1, 2, 9, 4)], ("mode", mode)) { Tolerance = 1e-4 });
            cases.Add(new("Resize", [data.Any(1, 2, 5, 7), Singles(0, 0, 0.2f, 0.1f, 1, 1, 0.8f, 0.9f), noScales, Longs(1, 2, 4, 6)], ("mode", mode), ("coordinate_transformation_mode", "tf_crop_and_resize"), ("extrapolation_value", 9f)) { Tolerance = 1e-4 });
        }

        cases.Add(new("Resize", [data.Any(1, 2, 5, 7), noRegion, Singles(1, 1, 0.7f, 0.7f)], ("mode", "cubic"), ("exclude_outside", 1), ("cubic_coeff_a", -0.5f)) { Tolerance = 1e-4 });
        cases.Add(new("Resize", [data.Any(1, 2, 9), noRegion, Singles(1, 1, 2)], ("mode", "linear")));
        cases.Add(new("Resize", [data.Any(1, 2, 3, 4, 5), noRegion, Singles(1, 1, 2, 2, 2)], ("mode", "linear")));
        cases.Add(new("Resize", [data.Any(1, 2, 3, 4, 5), noRegion, Singles(1, 1, 2, 2, 2)], ("mode", "nearest"), ("nearest_mode", "floor"), ("coordinate_transformation_mode", "asymmetric")));
        foreach (ElementType t in new[] { ElementType.UInt8, ElementType.Int8, ElementType.Int32 })
        {
            cases.Add(new("Resize", [data.Any(t, 1, 2, 5, 7), noRegion, Singles(1, 1, 2, 2)], ("mode", "nearest")));
        }

        if (opset >= 18)
        {
            foreach (string policy in new[] { "stretch", "not_larger", "not_smaller" })
            {
                cases.Add(new("Resize", [data.Any(1, 2, 5, 7), null, null, Longs(8, 9)], ("mode", "linear"), ("axes", new[] { 2, 3 }), ("keep_aspect_ratio_policy", policy)));
                cases.Add(new("Resize", [data.Any(1, 2, 5, 7), null, null, Longs(9, 4)], ("mode", "nearest"), ("axes", new[] { 3, 2 }), ("keep_aspect_ratio_policy", policy)));
            }

            foreach (string mode in new[] { "linear", "cubic" })
            {
                cases.Add(new("Resize", [data.Any(1, 1, 9, 12), null, Singles(1, 1, 0.6f, 0.4f)], ("mode", mode), ("antialias", 1)) { Tolerance = 1e-4 });
                cases.Add(new("Resize", [data.Any(1, 1, 9, 12), null, null, Longs(1, 1, 4, 20)], ("mode", mode), ("antialias", 1)) { Tolerance = 1e-4 });
            }

            cases.Add(new("Resize", [data.Any(5, 7), noRegion, Singles(2)], ("mode", "linear"), ("axes", new[] { 1 })));
        }

        Sweeping.Check(opset, cases);
    }

    [Fact]
    public void Old_forms()
    {
        var data = new SweepData(42);
        Sweeping.Check(10, [
            new("Resize", [data.Any(1, 2, 5, 7), Singles(1, 1, 2, 2)]),
            new("Resize", [data.Any(1, 2, 5, 7), Singles(1, 1, 0.6f, 1.5f)], ("mode", "nearest")),
            new("Resize", [data.Any(1, 2, 5, 7), Singles(1, 1, 2, 2)], ("mode", "linear")),
            new("Resize", [data.Any(1, 2, 5, 7), Singles(1, 1, 0.6f, 1.5f)], ("mode", "linear")),
        ]);
        Sweeping.Check(9, [
            new("Upsample", [data.Any(1, 2, 5, 7), Singles(1, 1, 2, 3)]),
            new("Upsample", [data.Any(1, 2, 5, 7), Singles(1, 1, 2, 3)], ("mode", "linear")),
        ]);
        Sweeping.Check(7, [
            new("Upsample", [data.Any(1, 2, 5, 7)], ("scales", new[] { 1f, 1f, 2f, 3f })),
            new("Upsample", [data.Any(1, 2, 5, 7)], ("scales", new[] { 1f, 1f, 2f, 3f }), ("mode", "linear")),
        ]);
    }
}
