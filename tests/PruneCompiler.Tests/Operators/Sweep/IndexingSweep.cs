using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class IndexingSweep
{
    [Fact]
    public void Gathers()
    {
        var data = new SweepData(51);
        var cases = new List<SweepCase>();
        foreach (ElementType t in new[] { ElementType.Int32, ElementType.Int64 })
        {
            foreach (bool constant in new[] { true, false })
            {
                SweepInput Index(int low, int high, params int[] shape) => new(data.Between(t, low, high, shape), constant);
                cases.Add(new("Gather", [data.Any(4, 5, 6), Index(-4, 4)]));
                cases.Add(new("Gather", [data.Any(4, 5, 6), Index(-5, 5, 2, 3)], ("axis", 1)));
                cases.Add(new("Gather", [data.Any(4, 5, 6), Index(0, 6, 1)], ("axis", -1)));
                cases.Add(new("Gather", [data.Any(9), Index(0, 9, 0)]));
                cases.Add(new("Gather", [Fixed(data.Any(9, 16)), Index(0, 9, 1, 4)]));
                cases.Add(new("GatherElements", [data.Any(4, 5, 6), Index(-4, 4, 2, 5, 3)]));
                cases.Add(new("GatherElements", [data.Any(4, 5, 6), Index(-6, 6, 4, 2, 9)], ("axis", -1)));
                cases.Add(new("ScatterElements", [data.Any(4, 5), Index(-5, 5, 2, 3), data.Any(2, 3)], ("axis", 1), ("reduction", "add")));
                cases.Add(new("ScatterElements", [data.Any(4, 5), Index(0, 4, 3, 5), data.Any(3, 5)], ("axis", 0), ("reduction", "mul")));
                cases.Add(new("ScatterElements", [data.Any(4, 5), Index(0, 4, 3, 5), data.Any(3, 5)], ("axis", 0), ("reduction", "max")));
                cases.Add(new("ScatterElements", [data.Any(4, 5), Index(0, 4, 3, 5), data.Any(3, 5)], ("axis", 0), ("reduction", "min")));
            }
        }

        foreach (bool constant in new[] { true, false })
        {
            SweepInput Index(int low, int high, params int[] shape) => new(data.Between(ElementType.Int64, low, high, shape), constant);
            cases.Add(new("GatherND", [data.Any(4, 5, 6), Index(-4, 4, 3, 2)]));
            cases.Add(new("GatherND", [data.Any(4, 5, 6), Index(-4, 4, 2, 3, 3)]));
            cases.Add(new("GatherND", [data.Any(4, 5, 6), Index(-5, 5, 4, 2, 1)], ("batch_dims", 1)));
            cases.Add(new("GatherND", [data.Any(4, 5, 6), Index(-6, 6, 4, 5, 1)], ("batch_dims", 2)));
            foreach (string reduction in new[] { "add", "mul", "max", "min" })
            {
                cases.Add(new("ScatterND", [data.Any(4, 5, 6), Index(0, 4, 3, 2), data.Any(3, 6)], ("reduction", reduction)));
                cases.Add(new("ScatterND", [data.Any(ElementType.Int64, 4, 5), Index(0, 4, 3, 1), data.Any(ElementType.Int64, 3, 5)], ("reduction", reduction)));
            }

            cases.Add(new("OneHot", [new SweepInput(Tensor.Vector(1f, 0, 3, 2, 7, -1), constant), Fixed(Tensor.Scalar(4f)), Singles(0, 1)]));
            cases.Add(new("OneHot", [new SweepInput(data.Between(ElementType.Int32, -2, 6, 5), constant), Fixed(Tensor.Vector(4)), Fixed(Tensor.Vector(5, 7))], ("axis", 0)));
        }

        Sweeping.Check(18, cases);
    }

    [Fact]
    public void Sizes_that_depend_on_data()
    {
        var data = new SweepData(52);
        Sweeping.Check(13, [
            .. new[] { ElementType.Float32, ElementType.Int32, ElementType.Bool, ElementType.Int64, ElementType.UInt8 }.Select(t => new SweepCase("NonZero", [data.Between(t, 0, 2, 3, 4)])),
            new SweepCase("NonZero", [data.Between(ElementType.Float32, 0, 0, 3, 4)]),
            new SweepCase("NonZero", [data.Any(5)]),
            new SweepCase("Compress", [data.Any(3, 4), data.Any(ElementType.Bool, 3)], ("axis", 0)),
            new SweepCase("Compress", [data.Any(3, 4), data.Any(ElementType.Bool, 3)], ("axis", -1)),
            new SweepCase("Compress", [data.Any(ElementType.Int32, 3, 4), data.Any(ElementType.Bool, 9)]),
            new SweepCase("Compress", [data.Any(3, 4), Fixed(Tensor.Vector(true, false, true))], ("axis", 0)),
            new SweepCase("Unique", [data.Between(ElementType.Int64, 0, 5, 12)]) { Outputs = 4 },
            new SweepCase("Unique", [data.Between(ElementType.Float32, 0, 1, 12)], ("sorted", 0)) { Outputs = 4 },
            new SweepCase("Unique", [data.Between(ElementType.Int64, 0, 2, 6, 2)], ("axis", 0)) { Outputs = 4 },
            new SweepCase("Unique", [data.Between(ElementType.Int8, 0, 2, 3, 5)], ("axis", -1), ("sorted", 1)) { Outputs = 4 },
        ]);
    }

    [Fact]
    public void Boxes_are_suppressed()
    {
        var data = new SweepData(53);
        var boxes = new Tensor(ElementType.Float32, new Shape(2, 20, 4));
        Tensor corners = data.Between(ElementType.Float32, 0, 10, 2, 20, 2), sizes = data.Between(ElementType.Float32, 1, 6, 2, 20, 2);
        for (int i = 0; i < 40; i++)
        {
            for (int k = 0; k < 2; k++)
            {
                boxes.As<float>()[(i * 4) + k] = corners.As<float>()[(i * 2) + k];
                boxes.As<float>()[(i * 4) + 2 + k] = corners.As<float>()[(i * 2) + k] + sizes.As<float>()[(i * 2) + k];
            }
        }

        Sweeping.Check(11, [
            .. new[] { 0, 1 }.SelectMany(form => new SweepCase[]
            {
                new("NonMaxSuppression", [boxes, data.Between(ElementType.Float32, 0, 1, 2, 3, 20), Longs(7), Singles(0.4f), Singles(0.3f)], ("center_point_box", form)),
                new("NonMaxSuppression", [boxes, data.Between(ElementType.Float32, 0, 1, 2, 3, 20), Longs(100)], ("center_point_box", form)),
                new("NonMaxSuppression", [boxes, data.Between(ElementType.Float32, 0, 1, 2, 3, 20), Longs(4), Singles(0.9f)], ("center_point_box", form)),
                new("NonMaxSuppression", [boxes, data.Between(ElementType.Float32, 0, 1, 2, 3, 20), Longs(4), Singles(0.5f), Singles(2)], ("center_point_box", form)),
            }),
            new SweepCase("NonMaxSuppression", [boxes, data.Between(ElementType.Float32, 0, 1, 2, 3, 20)]) { Oracle = false },
        ]);
    }
}
