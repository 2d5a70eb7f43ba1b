using PruneCompiler.IR;
using static PruneCompiler.Tests.Operators.Sweep.SweepData;

namespace PruneCompiler.Tests.Operators.Sweep;

public class MovementSweep
{
    private static readonly ElementType[] All = [.. Floats, .. Integers, ElementType.Bool];

    [Fact]
    public void Every_type_moves()
    {
        var data = new SweepData(11);
        Sweeping.Check(18, All.SelectMany(t => new SweepCase[]
        {
            new("Transpose", [data.Any(t, 3, 5, 7)], ("perm", new[] { 2, 0, 1 })),
            new("Reshape", [data.Any(t, 3, 5, 7), Longs(-1, 3)]),
            new("Slice", [data.Any(t, 3, 5, 7), Longs(1, 0), Longs(3, 5), Longs(0, 2), Longs(1, 2)]),
            new("Concat", [data.Any(t, 3, 5), data.Any(t, 3, 2)], ("axis", -1)),
            new("Split", [data.Any(t, 3, 5), Longs(2, 3)], ("axis", 1)) { Outputs = 2 },
            new("Pad", [data.Any(t, 3, 5), Longs(1, 0, 0, 2), Fixed(data.Any(t))]),
            new("Tile", [data.Any(t, 3, 5), Longs(2, 3)]),
            new("Expand", [data.Any(t, 3, 1), Longs(2, 1, 4)]),
            new("Gather", [data.Any(t, 3, 5), Fixed(data.Between(ElementType.Int64, 0, 3, 4))]),
            new("GatherElements", [data.Any(t, 3, 5), data.Between(ElementType.Int64, -3, 3, 2, 5)]),
            new("GatherND", [data.Any(t, 3, 5), data.Between(ElementType.Int64, -3, 3, 4, 1)]),
            new("ScatterElements", [data.Any(t, 3, 5), Fixed(Tensor.Of<long>(new Shape(1, 3), [1, -1, 0])), data.Any(t, 1, 3)], ("axis", 1)),
            new("ScatterND", [data.Any(t, 3, 5), Fixed(Tensor.Of<long>(new Shape(2, 1), [2, 0])), data.Any(t, 2, 5)]),
            new("Squeeze", [data.Any(t, 3, 1, 5), Longs(-2)]),
            new("Unsqueeze", [data.Any(t, 3, 5), Longs(0, -1)]),
            new("Flatten", [data.Any(t, 3, 5, 2)], ("axis", -1)),
            new("DepthToSpace", [data.Any(t, 1, 8, 2, 3)], ("blocksize", 2)),
            new("SpaceToDepth", [data.Any(t, 1, 2, 4, 6)], ("blocksize", 2)),
            new("Trilu", [data.Any(t, 3, 5)], ("upper", 0)),
            new("ReverseSequence", [data.Any(t, 4, 3), Longs(1, 3, 4)]),
            new("OneHot", [data.Between(ElementType.Int64, -3, 5, 4), Fixed(Tensor.Scalar(5L)), data.Any(t, 2)]),
            new("CenterCropPad", [data.Any(t, 4, 3), Longs(2, 5)]),
        }));
    }

    [Fact]
    public void Slices_in_all_directions()
    {
        var data = new SweepData(12);
        Tensor x = data.Any(4, 9, 10);
        Sweeping.Check(13, [
            new("Slice", [x, Longs(0), Longs(long.MaxValue)]),
            new("Slice", [x, Longs(-1), Longs(long.MinValue), Longs(1), Longs(-1)]),
            new("Slice", [x, Longs(-1), Longs(-100), Longs(-1), Longs(-3)]),
            new("Slice", [x, Longs(8), Longs(-8), Longs(1), Longs(-2)]),
            new("Slice", [x, Longs(100), Longs(-100), Longs(2), Longs(-4)]),
            new("Slice", [x, Longs(2), Longs(-2), Longs(-2)]),
            new("Slice", [x, Longs(5), Longs(2), Longs(2)]),
            new("Slice", [x, Longs(1, -3, 9), Longs(3, 100, 0), Longs(0, 1, 2), Longs(1, 1, -3)]),
            new("Slice", [x, Longs(3, 1), Longs(8, 3), Longs(2, 0)]),
            new("Slice", [x, Fixed(Tensor.Vector(1, 2)), Fixed(Tensor.Vector(3, 7)), Fixed(Tensor.Vector(-1, 1))]),
            new("Slice", [data.Any(0, 3), Longs(0), Longs(5)]),
        ]);
        Sweeping.Check(9, [
            new("Slice", [x], ("starts", new[] { 1, -4 }), ("ends", new[] { 3, 1000 }), ("axes", new[] { 0, 2 })),
            new("Slice", [x], ("starts", new[] { 1, 2 }), ("ends", new[] { 3, -1 })),
        ]);
    }

    [Fact]
    public void Shapes_change()
    {
        var data = new SweepData(13);
        Sweeping.Check(14, [
            new("Reshape", [data.Any(2, 3, 4), Longs(0, -1)]),
            new("Reshape", [data.Any(2, 3, 4), Longs(4, 0, -1)]),
            new("Reshape", [data.Any(2, 3, 4), Longs(0, 0, 2, 2)]),
            new("Reshape", [data.Any(1), Longs()]),
            new("Reshape", [data.Any(0, 3), Longs(3, 0)], ("allowzero", 1)),
            new("Reshape", [data.Any(0, 3), Longs(0, 7)], ("allowzero", 1)),
            new("Squeeze", [data.Any(1, 3, 1)]),
            new("Squeeze", [data.Any(1, 3, 1), Longs(0)]),
            new("Squeeze", [data.Any(1, 3, 1), Longs(0, 2)]),
            new("Unsqueeze", [data.Any(3), Longs(2, 0)]),
            new("Unsqueeze", [data.Any(), Longs(0)]),
            new("Flatten", [data.Any(2, 3, 4)], ("axis", 0)),
            new("Flatten", [data.Any(2, 3, 4)], ("axis", 3)),
            new("Flatten", [data.Any(2, 3, 4)]),
            new("Expand", [data.Any(3, 1), Longs(3, 4)]),
            new("Expand", [data.Any(3, 1), Longs(1, 1)]),
            new("Expand", [data.Any(2, 1, 3), Longs(5, 1)]),
            new("Expand", [data.Any(), Longs(2, 3)]),
            new("Expand", [data.Any(1), Longs(0)]),
            new("Tile", [data.Any(2, 3), Longs(1, 1)]),
            new("Tile", [data.Any(2, 3), Longs(0, 2)]),
            new("Concat", [data.Any(2, 3)], ("axis", 0)),
            new("Concat", [data.Any(2, 3), data.Any(0, 3), data.Any(1, 3)], ("axis", -2)),
            new("Split", [data.Any(6, 2)]) { Outputs = 3 },
            new("Split", [data.Any(6, 2), Longs(1, 0, 5)]) { Outputs = 3 },
            new("Split", [data.Any(2, 6)], ("axis", -1)) { Outputs = 2 },
            new("Transpose", [data.Any(2, 3, 4)]),
            new("Transpose", [data.Any(2)]),
            new("Transpose", [data.Any(2, 3, 1, 4, 2)], ("perm", new[] { 0, 4, 2, 1, 3 })),
            new("Transpose", [data.Any(0, 3)]),
            new("Shape", [data.Any(2, 3, 4)]),
            new("Size", [data.Any(2, 3, 4)]),
            new("Size", [data.Any(2, 0)]),
        ]);
        Sweeping.Check(15, [
            new("Shape", [data.Any(2, 3, 4)], ("start", 1)),
            new("Shape", [data.Any(2, 3, 4)], ("start", -2), ("end", -1)),
            new("Shape", [data.Any(2, 3, 4)], ("end", 100)),
            new("Shape", [data.Any(2, 3, 4)], ("start", 2), ("end", 1)),
        ]);
        Sweeping.Check(18, [
            new("Split", [data.Any(7, 2)], ("num_outputs", 3)) { Outputs = 3 },
            new("Split", [data.Any(2, 7)], ("num_outputs", 4), ("axis", 1)) { Outputs = 4 },
        ]);
    }

    [Fact]
    public void Old_opsets_had_attributes_where_inputs_are_now()
    {
        var data = new SweepData(14);
        Sweeping.Check(11, [
            new("Squeeze", [data.Any(1, 3, 1)], ("axes", new[] { 0, -1 })),
            new("Squeeze", [data.Any(1, 3, 1)]),
            new("Unsqueeze", [data.Any(3, 2)], ("axes", new[] { 0, -1 })),
            new("Split", [data.Any(6, 2)], ("split", new[] { 1, 5 })) { Outputs = 2 },
            new("Split", [data.Any(2, 6)], ("split", new[] { 1, 2, 3 }), ("axis", -1)) { Outputs = 3 },
            new("Split", [data.Any(6, 2)]) { Outputs = 2 },
            new("Gather", [data.Any(4, 5), data.Between(ElementType.Int32, -5, 5, 3)], ("axis", -1)),
            new("Scatter", [data.Any(3, 5), Fixed(Tensor.Of<long>(new Shape(1, 2), [1, 0])), data.Any(1, 2)], ("axis", 1)) { Oracle = false },
            new("DepthToSpace", [data.Any(2, 8, 2, 3)], ("blocksize", 2), ("mode", "CRD")),
            new("Pad", [data.Any(2, 3), Longs(1, 1, 0, 2)]),
            new("Pad", [data.Any(2, 3), Longs(1, 1, 0, 2), Fixed(Tensor.Scalar(0.5f))]),
            new("Pad", [data.Any(4, 5), Longs(-1, 1, 0, -2)]),
            new("Pad", [data.Any(4, 5), Longs(2, 1, 3, 4)], ("mode", "reflect")),
            new("Pad", [data.Any(4, 5), Longs(2, 1, 3, 6)], ("mode", "edge")),
        ]);
        Sweeping.Check(10, [
            new("Pad", [data.Any(2, 3)], ("pads", new[] { 1, 1, 0, 2 }), ("value", 0.5f)),
            new("Pad", [data.Any(4, 5)], ("pads", new[] { 2, 1, 3, 4 }), ("mode", "reflect")),
            new("Pad", [data.Any(4, 5)], ("pads", new[] { 2, 1, 3, 6 }), ("mode", "edge")),
        ]);
    }

    [Fact]
    public void Pads_in_all_modes()
    {
        var data = new SweepData(15);
        Sweeping.Check(19, [
            new("Pad", [data.Any(3, 4, 5), Longs(1, 2), null, Longs(-1)]),
            new("Pad", [data.Any(3, 4, 5), Longs(1, 2, 0, 3), Fixed(Tensor.Scalar(7f)), Longs(2, 0)]),
            new("Pad", [data.Any(3, 4, 5), Longs(1, 2, 0, 3), null, Longs(1, -1)], ("mode", "edge")),
            new("Pad", [data.Any(3, 4, 5), Longs(1, 2, 2, 3), null, Longs(1, 2)], ("mode", "reflect")),
            new("Pad", [data.Any(3, 4, 5), Longs(1, 2, 2, 3), null, Longs(1, 2)], ("mode", "wrap")),
            new("Pad", [data.Any(3, 4, 5), Longs(9, 0, 0, 11), null, Longs(1, 2)], ("mode", "wrap")) { Oracle = false },
            new("Pad", [data.Any(3, 4, 5), Longs(-1, -2, -1, 3), null, Longs(1, 2)], ("mode", "edge")),
            new("Pad", [data.Any(3, 4, 5), Longs(0, 0, 0, 0), null, Longs(1, 2)]),
            new("Pad", [data.Any(ElementType.Int32, 2, 2), Longs(1, 1, 1, 1), data.Any(ElementType.Int32)]),
        ]);
    }

    [Fact]
    public void Constants_are_made()
    {
        var data = new SweepData(16);
        Sweeping.Check(16, [
            new("ConstantOfShape", [Longs(2, 3)]),
            new("ConstantOfShape", [Longs()], ("value", Tensor.Vector(5L))),
            new("ConstantOfShape", [Longs(2, 0)], ("value", Tensor.Vector(true))),
            new("ConstantOfShape", [Longs(4)], ("value", Tensor.Vector((Half)1.5f))),
            new("EyeLike", [data.Any(3, 5)], ("k", 1)),
            new("EyeLike", [data.Any(3, 5)], ("k", -1), ("dtype", (int)ElementType.Int64)),
            new("Range", [Fixed(Tensor.Scalar(1)), Fixed(Tensor.Scalar(10)), Fixed(Tensor.Scalar(3))]),
            new("Range", [Fixed(Tensor.Scalar(5f)), Fixed(Tensor.Scalar(-1f)), Fixed(Tensor.Scalar(-1.5f))]),
            new("Range", [Fixed(Tensor.Scalar(5L)), Fixed(Tensor.Scalar(1L)), Fixed(Tensor.Scalar(1L))]),
            new("Trilu", [data.Any(2, 4, 5), Fixed(Tensor.Scalar(1L))]),
            new("Trilu", [data.Any(2, 4, 5), Fixed(Tensor.Scalar(-2L))], ("upper", 0)),
            new("Trilu", [data.Any(2, 4, 5), Fixed(Tensor.Scalar(-9L))], ("upper", 0)),
            new("OneHot", [data.Between(ElementType.Int64, -3, 3, 2, 3), Fixed(Tensor.Scalar(3L)), Singles(-1, 4)], ("axis", 1)),
            new("OneHot", [data.Between(ElementType.Int64, -3, 3, 2, 3), Fixed(Tensor.Scalar(3L)), Singles(-1, 4)], ("axis", -2)),
            new("OneHot", [data.Between(ElementType.Int64, -9, 9, 7), Fixed(Tensor.Scalar(3L)), Singles(-1, 4)]),
            new("ReverseSequence", [data.Any(4, 3, 2), Longs(1, 2, 3, 2)], ("time_axis", 1), ("batch_axis", 0)),
            new("ReverseSequence", [data.Any(4, 3, 2), Longs(4, 2, 0)], ("time_axis", 0), ("batch_axis", 1)) { Oracle = false },
        ]);
    }
}
