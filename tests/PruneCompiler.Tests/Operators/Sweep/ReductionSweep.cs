using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class ReductionSweep
{
    private static readonly string[] Names = ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp"];

    private static readonly ElementType[] Types = [.. Floats, ElementType.Int32, ElementType.Int64, ElementType.UInt32, ElementType.UInt64];

    [Theory]
    [InlineData(18)]
    [InlineData(13)]
    [InlineData(11)]
    public void Every_type_reduces(int opset)
    {
        var data = new SweepData(21);
        bool Asks(string name) => opset >= 18 || (opset >= 13 && name == "ReduceSum");
        SweepCase Case(string name, Tensor x, long[]? axes, params (string, object)[] attributes) => axes is null ? new SweepCase(name, [x], attributes)
            : Asks(name) ? new SweepCase(name, [x, Longs(axes)], attributes)
            : new SweepCase(name, [x], [("axes", axes), .. attributes]);

        // The logarithm of a whole number is cut off; half-way cases may fall on either side.
        Sweeping.Check(opset, Names.SelectMany(name => Types.Where(t => t.IsFloat() || name is not ("ReduceLogSum" or "ReduceLogSumExp" or "ReduceL2")).SelectMany(t => new[]
        {
            Case(name, data.Between(t, 1, 3, 3, 4, 5), [1]),
            Case(name, data.Between(t, 1, 3, 3, 4, 5), [-1, 0], ("keepdims", 0)),
            Case(name, data.Between(t, 1, 3, 2, 2, 3), null),
            Case(name, data.Between(t, 1, 3, 2, 2, 3), null, ("keepdims", 0)),
            Case(name, data.Between(t, 1, 3, 3, 1, 5), [1], ("keepdims", 0)),
        })));
    }

    [Fact]
    public void Empty_reductions()
    {
        var data = new SweepData(22);
        Sweeping.Check(20, [
            .. new[] { "ReduceSum", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMin" }.Select(n => new SweepCase(n, [data.Any(2, 0, 4), Longs(1)]) { Oracle = false }),
            .. Names.Select(n => new SweepCase(n, [data.Between(ElementType.Float32, 0.5, 2, 2, 3), Longs()], ("noop_with_empty_axes", 1))),
            .. Names.Select(n => new SweepCase(n, [data.Between(ElementType.Float32, 0.5, 2, 2, 3), Longs()], ("noop_with_empty_axes", 0))),
            .. Names.Select(n => new SweepCase(n, [data.Between(ElementType.Float32, 0.5, 2), Longs()])),
            new SweepCase("ReduceMax", [data.Any(ElementType.Bool, 3, 4), Longs(1)]),
            new SweepCase("ReduceMin", [data.Any(ElementType.Bool, 3, 4), Longs(0)]),
            new SweepCase("ReduceMax", [data.Any(ElementType.Int8, 3, 4), Longs(1)]),
            new SweepCase("ReduceMin", [data.Any(ElementType.UInt8, 3, 4), Longs(1)]),
        ]);
    }

    [Fact]
    public void Places_of_extremes()
    {
        var data = new SweepData(23);
        Sweeping.Check(13, Floats.Concat(Integers).SelectMany(t => new[] { "ArgMax", "ArgMin" }.SelectMany(n => new SweepCase[]
        {
            new(n, [data.Between(t, 0, 5, 4, 6, 3)]),
            new(n, [data.Between(t, 0, 5, 4, 6, 3)], ("axis", -1), ("keepdims", 0)),
            new(n, [data.Between(t, 0, 3, 4, 6, 3)], ("axis", 1), ("select_last_index", 1)),
        })));
    }

    [Fact]
    public void Running_totals()
    {
        var data = new SweepData(24);
        ElementType[] types = [ElementType.Float32, ElementType.Float64, ElementType.Int32, ElementType.Int64, ElementType.Float16];
        Sweeping.Check(14, types.SelectMany(t => new SweepCase[]
        {
            new("CumSum", [data.Any(t, 3, 7, 2), Fixed(Tensor.Scalar(1))]),
            new("CumSum", [data.Any(t, 3, 7, 19), Fixed(Tensor.Scalar(1))], ("exclusive", 1), ("reverse", 1)),
            new("CumSum", [data.Any(t, 3, 4, 35), Fixed(Tensor.Scalar(0))]),
            new("CumSum", [data.Any(t, 3, 7, 2), Fixed(Tensor.Scalar(-1L))], ("exclusive", 1)),
            new("CumSum", [data.Any(t, 3, 7, 2), Fixed(Tensor.Vector(0))], ("reverse", 1)),
            new("CumSum", [data.Any(t, 9), Fixed(Tensor.Scalar(0))], ("reverse", 1), ("exclusive", 1)),
        }));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(11)]
    [InlineData(7)]
    public void Soft_maxima(int opset)
    {
        var data = new SweepData(25);
        Sweeping.Check(opset, new[] { ElementType.Float32, ElementType.Float64, ElementType.Float16 }.SelectMany(t => new[] { "Softmax", "LogSoftmax", "Hardmax" }.SelectMany(n => new SweepCase[]
        {
            new(n, [data.Any(t, 3, 4, 5)]),
            new(n, [data.Any(t, 3, 4, 5)], ("axis", 0)),
            new(n, [data.Any(t, 3, 4, 5)], ("axis", opset < 11 ? 2 : -2)),
            new(n, [data.Any(t, 1, 7)], ("axis", 1)),
        })));
    }

    [Fact]
    public void Largest_elements()
    {
        var data = new SweepData(26);
        Sweeping.Check(11, [
            .. new[] { ElementType.Float32, ElementType.Float64, ElementType.Int32, ElementType.Int64, ElementType.Float16, ElementType.UInt8 }.SelectMany(t => new SweepCase[]
            {
                new("TopK", [data.Any(t, 3, 9), Longs(4)]) { Outputs = 2 },
                new("TopK", [data.Between(t, 0, 4, 9, 3), Longs(5)], ("axis", 0), ("largest", 0)) { Outputs = 2 },
                new("TopK", [data.Any(t, 2, 9, 3), Longs(9)], ("axis", -2)) { Outputs = 2 },
                new("TopK", [data.Any(t, 2, 3), Longs(0)]) { Outputs = 2 },
            }),
        ]);
        Sweeping.Check(9, [new("TopK", [data.Any(3, 9)], ("k", 4)) { Outputs = 2, Oracle = false }]);
        Sweeping.Check(10, [new("TopK", [data.Any(3, 9), Longs(4)]) { Outputs = 2 }]);
    }

    [Fact]
    public void Norms()
    {
        var data = new SweepData(27);
        Sweeping.Check(13, [
            new("LpNormalization", [data.Any(3, 4, 5)]),
            new("LpNormalization", [data.Any(3, 4, 5)], ("axis", 1), ("p", 1)),
            new("LpNormalization", [data.Any(ElementType.Float64, 3, 4, 5)], ("axis", 0), ("p", 2)),
            new("MeanVarianceNormalization", [data.Any(2, 3, 4, 5)]),
            new("MeanVarianceNormalization", [data.Any(2, 3, 4, 5)], ("axes", new[] { 1, 2 })),
            new("LRN", [data.Any(2, 5, 3, 4)], ("size", 3)),
            new("LRN", [data.Any(2, 7, 3, 4)], ("size", 5), ("alpha", 0.01f), ("beta", 0.5f), ("bias", 2f)),
            new("InstanceNormalization", [data.Any(2, 3, 5, 4), data.Any(3), data.Any(3)]),
            new("InstanceNormalization", [data.Any(2, 3, 7), data.Any(3), data.Any(3)], ("epsilon", 0.01f)),
            new("BatchNormalization", [data.Any(2, 3, 5), data.Any(3), data.Any(3), data.Any(3), data.Between(ElementType.Float32, 0.5, 2, 3)]),
            new("BatchNormalization", [data.Any(2, 3), Fixed(data.Any(3)), Fixed(data.Any(3)), Fixed(data.Any(3)), Fixed(data.Between(ElementType.Float32, 0.5, 2, 3))], ("epsilon", 0.1f)),
            new("BatchNormalization", [data.Any(ElementType.Float64, 2, 3, 2, 2), data.Any(ElementType.Float64, 3), data.Any(ElementType.Float64, 3), data.Any(ElementType.Float64, 3), data.Between(ElementType.Float64, 0.5, 2, 3)]),
        ]);
        Sweeping.Check(15, [
            new("BatchNormalization", [data.Any(2, 3, 5), data.Any(3), data.Any(3), data.Any(3), data.Between(ElementType.Float32, 0.5, 2, 3)], ("training_mode", 1), ("momentum", 0.7f)) { Outputs = 3 },
            new("BatchNormalization", [data.Any(ElementType.Float16, 2, 3, 5), Fixed(data.Any(3)), Fixed(data.Any(3)), Fixed(data.Any(3)), Fixed(data.Between(ElementType.Float32, 0.5, 2, 3))]),
            new("BatchNormalization", [data.Any(ElementType.Float16, 2, 3, 5), data.Any(3), data.Any(3), data.Any(3), data.Between(ElementType.Float32, 0.5, 2, 3)]),
        ]);
        Sweeping.Check(8, [
            new("BatchNormalization", [data.Any(2, 3, 5), data.Any(3), data.Any(3), data.Any(3), data.Between(ElementType.Float32, 0.5, 2, 3)]),
        ]);
        Sweeping.Check(7, [
            new("BatchNormalization", [data.Any(2, 3, 2, 2), data.Any(3), data.Any(3), data.Any(3), data.Between(ElementType.Float32, 0.5, 2, 3)], ("spatial", 1)),
        ]);
        Sweeping.Check(17, Floats.SelectMany(t => new SweepCase[]
        {
            new("LayerNormalization", [data.Any(t, 2, 3, 8), data.Any(t, 8), data.Any(t, 8)]),
            new("LayerNormalization", [data.Any(t, 2, 3, 8), data.Any(t, 3, 8)], ("axis", 1), ("epsilon", 0.01f)),
            new("LayerNormalization", [data.Any(t, 2, 3, 8), data.Any(t, 8), data.Any(t, 8)], ("axis", -1)) { Outputs = 3 },
            new("LayerNormalization", [data.Any(t, 2, 3), data.Any(t, 2, 3), data.Any(t, 2, 3)], ("axis", 0)),
        }));
        Sweeping.Check(21, [
            new("GroupNormalization", [data.Any(2, 6, 3, 4), data.Any(6), data.Any(6)], ("num_groups", 3)),
            new("GroupNormalization", [data.Any(2, 6, 5), data.Any(6), data.Any(6)], ("num_groups", 1), ("epsilon", 0.1f)),
        ]);
        Sweeping.Check(18, [
            new("GroupNormalization", [data.Any(2, 6, 3, 4), data.Any(3), data.Any(3)], ("num_groups", 3)),
        ]);
        Sweeping.Check(23, [
            new("RMSNormalization", [data.Any(2, 3, 8), data.Any(8)]),
            new("RMSNormalization", [data.Any(2, 3, 8), data.Any(3, 8)], ("axis", 1)),
        ]);
    }

    [Fact]
    public void Where_the_largest_of_neighbouring_columns_is()
    {
        var data = new SweepData(97);
        var cases = new List<SweepCase>();
        foreach (string name in new[] { "ArgMax", "ArgMin" })
        {
            foreach ((int inner, int axis, int last) in new[] { (8, 1, 0), (19, 1, 1), (33, 0, 0), (33, 1, 1) })
            {
                // Few different numbers, so that many are equal; ONNX Runtime's answer for NaN depends on the order.
                Tensor whole = data.Between(ElementType.Int32, 0, 4, 3, 5, inner), x = new(ElementType.Float32, whole.Shape), holes = new(ElementType.Float32, whole.Shape);
                for (int i = 0; i < x.Count; i++)
                {
                    x.As<float>()[i] = whole.As<int>()[i];
                    holes.As<float>()[i] = i % 7 == 0 ? float.NaN : whole.As<int>()[i];
                }

                cases.Add(new(name, [x], ("axis", axis), ("select_last_index", last)));
                cases.Add(new(name, [holes], ("axis", axis), ("select_last_index", last)) { Oracle = false });
            }
        }

        Sweeping.Check(13, cases);
    }
}
