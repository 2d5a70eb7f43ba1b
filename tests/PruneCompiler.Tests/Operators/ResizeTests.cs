using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

public class ResizeTests
{
    [Theory]
    [InlineData("half_pixel")]
    [InlineData("align_corners")]
    [InlineData("asymmetric")]
    [InlineData("pytorch_half_pixel")]
    public void Every_coordinate_mode_agrees(string coordinates)
    {
        OnnxBuilder model = new OnnxBuilder(19).Input("x", 1, 3, 9, 20).Initializer("up", [4], 1, 1, 2, 2).Initializer("sizes", 1L, 3L, 5L, 33L);
        foreach (string mode in new[] { "nearest", "linear", "cubic" })
        {
            model.Node("Resize", ["x", "", "up"], [mode + "Up"], ("mode", mode), ("coordinate_transformation_mode", coordinates)).Output(mode + "Up")
                .Node("Resize", ["x", "", "", "sizes"], [mode + "Sized"], ("mode", mode), ("coordinate_transformation_mode", coordinates)).Output(mode + "Sized");
        }

        Differential.Check(model, tolerance: 1e-5);
    }

    [Fact]
    public void Doubling_by_nearest_agrees_for_other_types() => Differential.Check(
        new OnnxBuilder(13).Input("x", ElementType.UInt8, 1, 2, 7, 11).Initializer("up", [4], 1, 1, 2, 3)
            .Node("Resize", ["x", "", "up"], ["y"], ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")).Output("y", ElementType.UInt8),
        tolerance: 0);

    [Theory]
    [InlineData("zeros", "linear", 0)]
    [InlineData("border", "cubic", 1)]
    [InlineData("reflection", "nearest", 0)]
    public void Grids_are_sampled(string padding, string mode, int align) => Differential.Check(
        new OnnxBuilder(20).Input("x", 2, 3, 6, 7).Input("g", 2, 4, 5, 2).Node("GridSample", ["x", "g"], ["y"], ("mode", mode), ("padding_mode", padding), ("align_corners", align)).Output("y"),
        tolerance: 1e-5,
        seeds: 2);
}
