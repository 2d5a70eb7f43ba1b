using PruneCompiler.IR;
using PruneCompiler.Tests.Testing;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class SpatialSweep
{
    [Theory]
    [InlineData(11)]
    [InlineData(19)]
    [InlineData(22)]
    public void Pools(int opset)
    {
        var data = new SweepData(31);
        var cases = new List<SweepCase>();
        foreach (string name in new[] { "MaxPool", "AveragePool", "LpPool" })
        {
            bool ceil = name != "LpPool" || opset >= 18;
            cases.Add(new(name, [data.Any(1, 2, 9)], ("kernel_shape", new[] { 3 })));
            cases.Add(new(name, [data.Any(1, 2, 9, 11)], ("kernel_shape", new[] { 3, 2 }), ("strides", new[] { 2, 3 })));
            cases.Add(new(name, [data.Any(2, 3, 9, 11)], ("kernel_shape", new[] { 3, 5 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 0, 1, 2 })));
            cases.Add(new(name, [data.Any(2, 3, 8, 11)], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("auto_pad", "SAME_UPPER")));
            cases.Add(new(name, [data.Any(2, 3, 8, 11)], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("auto_pad", "SAME_LOWER")));
            cases.Add(new(name, [data.Any(2, 3, 8, 11)], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("auto_pad", "VALID")));
            cases.Add(new(name, [data.Any(1, 2, 5, 6, 7)], ("kernel_shape", new[] { 2, 3, 3 }), ("strides", new[] { 2, 1, 2 }), ("pads", new[] { 1, 1, 0, 0, 1, 1 })));
            if (ceil)
            {
                cases.Add(new(name, [data.Any(1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("ceil_mode", 1)));
                cases.Add(new(name, [data.Any(1, 2, 7, 6)], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 3, 3 }), ("ceil_mode", 1), ("pads", new[] { 1, 1, 1, 1 })));
            }

            if (name == "MaxPool" || opset >= 19)
            {
                cases.Add(new(name, [data.Any(1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("dilations", new[] { 2, 2 })));
            }
        }

        cases.Add(new("LpPool", [data.Any(1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("p", 1)));
        cases.Add(new("AveragePool", [data.Any(1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 }), ("count_include_pad", 1)));
        cases.Add(new("AveragePool", [data.Any(1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("pads", new[] { 1, 1, 1, 1 }), ("count_include_pad", 1), ("ceil_mode", 1)) { Oracle = opset >= 19 });
        cases.Add(new("MaxPool", [data.Any(1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 })) { Outputs = 2 });
        cases.Add(new("MaxPool", [data.Any(1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("strides", new[] { 2, 2 }), ("storage_order", 1)) { Outputs = 2 });
        cases.Add(new("MaxPool", [data.Any(1, 2, 9)], ("kernel_shape", new[] { 3 }), ("pads", new[] { 1, 1 }), ("strides", new[] { 2 })) { Outputs = 2 });
        foreach (ElementType t in new[] { ElementType.Float64, ElementType.Float16, ElementType.Int8, ElementType.UInt8 })
        {
            cases.Add(new("MaxPool", [data.Any(t, 1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 })));
        }

        foreach (ElementType t in new[] { ElementType.Float64, ElementType.Float16 })
        {
            cases.Add(new("AveragePool", [data.Any(t, 1, 2, 9, 10)], ("kernel_shape", new[] { 3, 3 }), ("pads", new[] { 1, 1, 1, 1 })));
            cases.Add(new("GlobalAveragePool", [data.Any(t, 1, 2, 9, 10)]));
            cases.Add(new("GlobalMaxPool", [data.Any(t, 1, 2, 9)]));
        }

        cases.Add(new("GlobalAveragePool", [data.Any(2, 3, 4)]));
        cases.Add(new("GlobalMaxPool", [data.Any(2, 3, 4, 5, 2)]));
        cases.Add(new("GlobalLpPool", [data.Any(2, 3, 4, 5)], ("p", 3)));
        Sweeping.Check(opset, cases);
    }

    [Fact]
    public void Convolutions()
    {
        var data = new SweepData(32);
        var cases = new List<SweepCase>();
        foreach (bool constant in new[] { true, false })
        {
            SweepInput In(Tensor t) => new(t, constant);
            cases.Add(new("Conv", [data.Any(1, 3, 12), In(data.Any(4, 3, 3)), In(data.Any(4))], ("kernel_shape", new[] { 3 })));
            cases.Add(new("Conv", [data.Any(2, 3, 12), In(data.Any(4, 3, 4))], ("strides", new[] { 2 }), ("pads", new[] { 3, 0 }), ("dilations", new[] { 2 })));
            cases.Add(new("Conv", [data.Any(1, 4, 9, 10), In(data.Any(6, 2, 3, 3)), In(data.Any(6))], ("group", 2), ("auto_pad", "SAME_UPPER"), ("strides", new[] { 2, 2 })));
            cases.Add(new("Conv", [data.Any(1, 4, 9, 10), In(data.Any(6, 4, 2, 4)), In(data.Any(6))], ("auto_pad", "SAME_LOWER")));
            cases.Add(new("Conv", [data.Any(1, 4, 9, 10), In(data.Any(8, 1, 3, 3)), In(data.Any(8))], ("group", 4), ("pads", new[] { 1, 2, 0, 1 })));
            cases.Add(new("Conv", [data.Any(1, 2, 5, 6, 7), In(data.Any(3, 2, 2, 3, 3)), In(data.Any(3))], ("pads", new[] { 1, 1, 1, 0, 1, 0 }), ("strides", new[] { 1, 2, 1 })));
            cases.Add(new("Conv", [data.Any(1, 3, 8, 8), In(data.Any(5, 3, 1, 1))], ("strides", new[] { 3, 1 })));
            cases.Add(new("Conv", [data.Any(1, 3, 3, 3), In(data.Any(5, 3, 5, 5))], ("pads", new[] { 2, 2, 2, 2 })));
            cases.Add(new("Conv", [data.Any(1, 3, 8, 8), In(data.Any(5, 3, 3, 3))], ("dilations", new[] { 2, 3 }), ("auto_pad", "VALID")));
            cases.Add(new("Conv", [data.Any(0, 3, 8, 8), In(data.Any(5, 3, 3, 3))]));
            cases.Add(new("ConvTranspose", [data.Any(1, 3, 12), In(data.Any(3, 4, 3)), In(data.Any(4))], ("strides", new[] { 2 })));
            cases.Add(new("ConvTranspose", [data.Any(1, 4, 5, 6), In(data.Any(4, 3, 3, 3)), In(data.Any(6))], ("group", 2), ("strides", new[] { 2, 3 }), ("pads", new[] { 1, 0, 2, 1 }), ("output_padding", new[] { 1, 2 })));
            cases.Add(new("ConvTranspose", [data.Any(1, 4, 5, 6), In(data.Any(4, 3, 3, 3))], ("strides", new[] { 2, 2 }), ("auto_pad", "SAME_UPPER")));
            cases.Add(new("ConvTranspose", [data.Any(1, 4, 5, 6), In(data.Any(4, 3, 3, 3))], ("strides", new[] { 2, 2 }), ("auto_pad", "SAME_LOWER")));
            cases.Add(new("ConvTranspose", [data.Any(1, 4, 5, 6), In(data.Any(4, 3, 3, 3))], ("strides", new[] { 2, 2 }), ("output_shape", new[] { 12, 13 })));
            cases.Add(new("ConvTranspose", [data.Any(1, 2, 4, 5), In(data.Any(2, 3, 2, 2))], ("dilations", new[] { 2, 2 }), ("pads", new[] { 1, 1, 1, 1 })));
            cases.Add(new("ConvTranspose", [data.Any(2, 4, 13), In(data.Any(4, 3, 8)), In(data.Any(6))], ("group", 2), ("strides", new[] { 4 }), ("pads", new[] { 2, 3 }), ("output_padding", new[] { 1 })));
            cases.Add(new("ConvTranspose", [data.Any(1, 4, 13), In(data.Any(4, 3, 3))], ("dilations", new[] { 2 }), ("pads", new[] { 1, 2 })));
            cases.Add(new("ConvTranspose", [data.Any(1, 4, 9), In(data.Any(4, 3, 2))], ("strides", new[] { 3 })));
            cases.Add(new("ConvTranspose", [data.Any(1, 3, 5, 4), In(data.Any(3, 2, 4, 1)), In(data.Any(2))], ("strides", new[] { 3, 1 }), ("pads", new[] { 1, 0, 0, 0 })));
            cases.Add(new("ConvTranspose", [data.Any(1, 2, 3, 4, 3), In(data.Any(2, 3, 2, 2, 3))], ("strides", new[] { 2, 1, 2 })));
        }

        foreach (ElementType t in new[] { ElementType.Float64, ElementType.Float16, ElementType.BFloat16 })
        {
            cases.Add(new("Conv", [data.Any(t, 1, 4, 9, 10), Fixed(data.Any(t, 6, 2, 3, 3)), Fixed(data.Any(t, 6))], ("group", 2), ("pads", new[] { 1, 1, 1, 1 })));
            cases.Add(new("Conv", [data.Any(t, 1, 4, 9, 10), data.Any(t, 6, 4, 3, 3)], ("pads", new[] { 1, 1, 1, 1 })));
            cases.Add(new("ConvTranspose", [data.Any(t, 1, 4, 5, 6), data.Any(t, 4, 3, 3, 3)], ("strides", new[] { 2, 2 })));
        }

        Sweeping.Check(17, cases);
    }

    [Fact]
    public void Samplers()
    {
        var data = new SweepData(33);
        var cases = new List<SweepCase>();
        foreach (string mode in new[] { "linear", "nearest", "cubic" })
        {
            foreach (string border in new[] { "zeros", "border", "reflection" })
            {
                foreach (int corners in new[] { 0, 1 })
                {
                    cases.Add(new("GridSample", [data.Any(1, 2, 5, 6), data.Between(ElementType.Float32, -1.3, 1.3, 1, 4, 3, 2)], ("mode", mode), ("padding_mode", border), ("align_corners", corners)) { Tolerance = 1e-4 });
                }
            }
        }

        cases.Add(new("AffineGrid", [data.Any(2, 2, 3), Longs(2, 3, 4, 5)]));
        cases.Add(new("AffineGrid", [data.Any(2, 3, 4), Longs(2, 3, 4, 5, 3)], ("align_corners", 1)));
        Sweeping.Check(20, cases);
        Sweeping.Check(16, [
            .. new[] { "avg", "max" }.SelectMany(m => new[] { "half_pixel", "output_half_pixel" }.Select(c => new SweepCase("RoiAlign", [data.Any(2, 3, 9, 11), Fixed(Tensor.Of<float>(new Shape(3, 4), [0, 0, 5, 6, 2, 1, 9, 7, 1, 1, 10, 8])), Fixed(Tensor.Vector(0L, 1L, 1L))],
                ("mode", m), ("coordinate_transformation_mode", c), ("output_height", 3), ("output_width", 2), ("spatial_scale", 0.8f), ("sampling_ratio", 2)) { Tolerance = 1e-4 })),
            new SweepCase("RoiAlign", [data.Any(2, 3, 9, 11), Tensor.Of<float>(new Shape(3, 4), [0.5f, 0, 5, 6, 2, 1, 9, 7.3f, 1, 1, 10, 8]), data.Between(ElementType.Int64, 0, 2, 3)], ("output_height", 2), ("output_width", 2)) { Tolerance = 1e-4 },
            new SweepCase("MaxRoiPool", [data.Any(2, 3, 9, 11), Fixed(Tensor.Of<float>(new Shape(2, 5), [0, 0, 0, 5, 6, 1, 2, 1, 9, 7]))], ("pooled_shape", new[] { 2, 3 }), ("spatial_scale", 0.9f)),
            new SweepCase("MaxUnpool", [data.Any(1, 1, 2, 2), Fixed(Tensor.Of<long>(new Shape(1, 1, 2, 2), [1, 3, 4, 15]))], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 })),
            new SweepCase("MaxUnpool", [data.Any(1, 1, 2, 2), Fixed(Tensor.Of<long>(new Shape(1, 1, 2, 2), [1, 3, 4, 15])), Longs(1, 1, 5, 5)], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 })) { Oracle = false }, // ONNX Runtime counts indices in output_shape, ONNX does not
        ]);
    }

    [Fact]
    public void What_was_pooled_is_put_back_where_it_was() => Differential.Check(
        new OnnxBuilder(13).Input("x", 1, 2, 5, 7).Initializer("shape", 1L, 2L, 5L, 7L)
            .Node("MaxPool", ["x"], ["p", "i"], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 }))
            .Node("MaxUnpool", ["p", "i", "shape"], ["y"], ("kernel_shape", new[] { 2, 2 }), ("strides", new[] { 2, 2 })).Output("y"), 0);
}
