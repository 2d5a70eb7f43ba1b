using PruneCompiler.IR;

namespace PruneCompiler.Tests.Networks;

/// <summary>What exporters make of parts that have no operator of their own: grids from ranges, relative positions, distributions as boxes, correlations.</summary>
public class ExportedFormTests
{
    private const int Width = 16;

    [Fact]
    public void Boxes_as_distributions_around_anchors()
    {
        const int Bins = 8, Anchors = 20;
        var net = new NetworkWriter { Zeros = 0.5 };
        string feature = net.Silu(net.Conv(net.Input("images", 1, 3, 16, 16), 3, 12, 3, 2)), small = net.Silu(net.Conv(feature, 12, 12, 3, 2)), smaller = net.Silu(net.Conv(small, 12, 12, 3, 2));
        string Head(string v) => net.Op("Reshape", net.Op("Concat", [net.Conv(v, 12, 4 * Bins, 1), net.Conv(v, 12, 5, 1)], ("axis", 1)), net.Longs(1, (4 * Bins) + 5, -1));
        string[] parts = net.Ops("Split", 2, [net.Op("Concat", [Head(small), Head(smaller)], ("axis", 2)), net.Longs(4 * Bins, 5)], ("axis", 1));
        string shares = net.Op("Softmax", [net.Op("Transpose", [net.Op("Reshape", parts[0], net.Longs(1, 4, Bins, Anchors))], ("perm", new[] { 0, 2, 1, 3 }))], ("axis", 1));
        string means = net.Op("Conv", [shares, net.Constant(Tensor.Of<float>(new Shape(1, Bins, 1, 1), Enumerable.Range(0, Bins).Select(i => (float)i).ToArray()))], ("kernel_shape", new[] { 1, 1 }));
        string box = net.Op("Reshape", means, net.Longs(1, 4, Anchors));
        string half = net.Op("Div", net.Op("Add", net.Op("Gather", [net.Op("Shape", box), net.Longs(1)], ("axis", 0)), net.Longs(1)), net.Longs(2));
        string near = net.Op("Sub", net.Weights(4.0, 1, 2, Anchors), net.Op("Slice", box, net.Longs(0), half, net.Longs(1))), far = net.Op("Add", net.Weights(4.0, 1, 2, Anchors), net.Op("Slice", box, half, net.Op("Mul", half, net.Longs(2)), net.Longs(1)));
        string centre = net.Op("Div", net.Op("Add", near, far), net.Number(2));
        net.Output(net.Op("Concat", [net.Op("Mul", net.Op("Concat", [centre, net.Op("Sub", far, near)], ("axis", 1)), net.Positive(1, Anchors)), net.Op("Sigmoid", parts[1])], ("axis", 1))).Check();
    }

    [Fact]
    public void Slices_of_every_second_pixel_and_grids_from_ranges()
    {
        var net = new NetworkWriter(13) { Zeros = 0.5 };
        string image = net.Input("images", 1, 3, 16, 20);
        string Every(int row, int column) => net.Op("Slice", net.Op("Slice", image, net.Longs(row), net.Longs(long.MaxValue), net.Longs(2), net.Longs(2)), net.Longs(column), net.Longs(long.MaxValue), net.Longs(3), net.Longs(2));
        string x = net.Silu(net.Conv(net.Op("Concat", [Every(0, 0), Every(1, 0), Every(0, 1), Every(1, 1)], ("axis", 1)), 12, 6));
        string rows = net.Dim(x, 2), columns = net.Dim(x, 3), size = net.Op("Concat", [net.Op("Unsqueeze", rows, net.Longs(0)), net.Op("Unsqueeze", columns, net.Longs(0))], ("axis", 0));
        string Places(string count, long axis) => net.Op("Unsqueeze", net.Op("Expand", net.Op("Unsqueeze", net.Op("Cast", [net.Op("Range", net.Long(0), count, net.Long(1))], ("to", 1)), net.Longs(axis)), size), net.Longs(2));
        string grid = net.Op("Reshape", net.Op("Concat", [Places(columns, 0), Places(rows, 1)], ("axis", 2)), net.Longs(1, -1, 2));
        string all = net.Op("Transpose", [net.Op("Reshape", net.Conv(x, 6, 7, 1), net.Longs(1, 7, -1))], ("perm", new[] { 0, 2, 1 }));
        string[] parts = net.Ops("Split", 3, [all, net.Longs(2, 2, 3)], ("axis", 2));
        net.Output(net.Op("Concat", [net.Op("Mul", net.Op("Add", parts[0], grid), net.Number(8)), net.Op("Exp", parts[1]), net.Op("Sigmoid", parts[2])], ("axis", -1))).Check();
    }

    [Fact]
    public void Relative_positions_shifted_by_padding_and_reshaping()
    {
        const int Tokens = 9, Heads = 2;
        var net = new NetworkWriter { Zeros = 0.4 };
        string x = net.Input("x", 1, Tokens, Width);
        string Split(string bias) => net.Op("Transpose", [net.Op("Add", net.Op("Reshape", net.Linear(x, Width, Width), net.Longs(0, -1, Heads, Width / Heads)), bias)], ("perm", new[] { 0, 2, 1, 3 }));
        string content = net.Op("MatMul", Split(net.Weights(0.1, Heads, Width / Heads)), net.Op("Transpose", [Split(net.Number(0))], ("perm", new[] { 0, 1, 3, 2 })));
        string place = net.Op("MatMul", Split(net.Weights(0.1, Heads, Width / Heads)), net.Op("Transpose", [net.Weights(0.3, 1, Heads, (2 * Tokens) - 1, Width / Heads)], ("perm", new[] { 0, 1, 3, 2 })));
        string padded = net.Op("Pad", [place, net.Longs(0, 0, 0, 1, 0, 0, 0, 0), net.Number(0)], ("mode", "constant"));
        string turned = net.Op("Slice", net.Op("Reshape", padded, net.ShapeOf(net.Dim(place, 0), net.Dim(place, 1), -1, net.Dim(place, 2))), net.Longs(1), net.Longs(long.MaxValue), net.Longs(2));
        string shifted = net.Op("Slice", net.Op("Reshape", turned, net.Op("Shape", place)), net.Longs(0), net.Op("Unsqueeze", net.Dim(content, 3), net.Longs(0)), net.Longs(3));
        string mixed = net.Op("MatMul", net.Op("Softmax", [net.Op("Add", content, shifted)], ("axis", -1)), Split(net.Number(0)));
        net.Output(net.Linear(net.Op("Reshape", net.Op("Transpose", [mixed], ("perm", new[] { 0, 2, 1, 3 })), net.Longs(1, -1, Width)), Width, Width)).Check();
    }

    [Fact]
    public void Distances_in_logarithmic_buckets()
    {
        const int Heads = 2;
        var net = new NetworkWriter(13);
        string x = net.Input("x", 1, 40, Width);
        string Line(long axis) => net.Op("Unsqueeze", net.Op("Range", net.Long(0), net.Dim(x, 1), net.Long(1)), net.Longs(axis));
        string distance = net.Op("Sub", Line(0), Line(1)), length = net.Op("Abs", distance);
        string logarithm = net.Op("Div", net.Op("Log", net.Op("Div", net.Op("Cast", [length], ("to", 1)), net.Number(8))), net.Number(Math.Log(16)));
        string far = net.Op("Add", net.Op("Cast", [net.Op("Mul", logarithm, net.Number(8))], ("to", 7)), net.Long(8));
        far = net.Op("Min", far, net.Op("ConstantOfShape", [net.Op("Shape", far)], ("value", Tensor.Vector(15L))));
        string bucket = net.Op("Add", net.Op("Mul", net.Op("Cast", [net.Op("Greater", distance, net.Long(0))], ("to", 7)), net.Long(16)), net.Op("Where", net.Op("Less", length, net.Long(8)), length, far));
        string bias = net.Op("Unsqueeze", net.Op("Transpose", [net.Op("Gather", net.Weights(0.5, 32, Heads), bucket)], ("perm", new[] { 2, 0, 1 })), net.Longs(0));
        net.Output(net.Attention(x, x, Width, Heads, bias)).Check();
    }

    [Fact]
    public void Features_of_one_image_as_filters_over_another()
    {
        var net = new NetworkWriter { Zeros = 0.5 };
        string wanted = net.Input("wanted", 1, 3, 17, 17), seen = net.Input("seen", 1, 3, 33, 33), w = net.Weights(8, 3, 5, 5), v = net.Weights(12, 8, 3, 3);
        string Features(string image) => net.Op("Conv", [net.Op("Relu", net.Op("Conv", [image, w], ("strides", new[] { 2, 2 }))), v], ("strides", new[] { 2, 2 }));
        string filters = Features(wanted), image = Features(seen);
        string each = net.Op("Conv", [image, net.Op("Reshape", filters, net.Longs(12, 1, 3, 3))], ("group", 12));
        net.Output(net.Conv(net.Op("Relu", each), 12, 4, 1)).Output(net.Op("Conv", [image, filters], ("pads", new[] { 1, 1, 1, 1 }))).Check();
    }
}
