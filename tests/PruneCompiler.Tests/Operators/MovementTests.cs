using PruneCompiler.IR;
using PruneCompiler.Optimize;
using PruneCompiler.Tests.Testing;

namespace PruneCompiler.Tests.Operators;

/// <summary>Random data movement against ONNX Runtime; nothing may be off by a bit.</summary>
public class MovementTests
{
    [Theory]
    [InlineData(ElementType.Float32, 0)]
    [InlineData(ElementType.Float32, 1)]
    [InlineData(ElementType.Int64, 2)]
    [InlineData(ElementType.UInt8, 3)]
    [InlineData(ElementType.Bool, 4)]
    [InlineData(ElementType.Float16, 5)]
    public void Random_movements_agree(ElementType type, int seed)
    {
        var random = new Random(seed);
        int[] shape = Enumerable.Range(0, random.Next(2, 5)).Select(_ => random.Next(1, 6)).ToArray();
        var model = new OnnxBuilder(18).Input("x", type, Array.ConvertAll(shape, d => (object)d));
        AddSlices(model, type, shape, random);
        AddShapes(model, type, shape, random);
        AddJoins(model, type, shape, random);
        AddPads(model, type, shape, random);
        Differential.Check(model, tolerance: 0);
    }

    [Fact]
    public void Blocks_move_between_depth_and_space() => Differential.Check(
        new OnnxBuilder().Input("x", 2, 8, 4, 6)
            .Node("DepthToSpace", ["x"], ["dcr"], ("blocksize", 2)).Output("dcr")
            .Node("DepthToSpace", ["x"], ["crd"], ("blocksize", 2), ("mode", "CRD")).Output("crd")
            .Node("SpaceToDepth", ["x"], ["space"], ("blocksize", 2)).Output("space"),
        tolerance: 0);

    [Fact]
    public void Movements_that_undo_each_other_leave_nothing()
    {
        OnnxBuilder model = new OnnxBuilder().Input("x", 2, 3, 4).Initializer("flat", 24L).Initializer("back", 2L, 3L, 4L)
            .Node("Transpose", ["x"], ["t"], ("perm", new[] { 2, 0, 1 }))
            .Node("Transpose", ["t"], ["u"], ("perm", new[] { 1, 2, 0 }))
            .Node("Reshape", ["u", "flat"], ["f"])
            .Node("Reshape", ["f", "back"], ["b"])
            .Node("Relu", ["b"], ["y"]).Output("y");
        Graph graph = model.Import().Graph;
        Optimizer.Run(graph);
        Assert.Equal(["Relu"], graph.Nodes.Select(n => n.Operator.Name));
        Differential.Check(model, tolerance: 0);
    }

    private static void AddSlices(OnnxBuilder model, ElementType type, int[] shape, Random random)
    {
        for (int i = 0; i < 6; i++)
        {
            int axis = random.Next(shape.Length), step = new[] { 1, 2, -1, -2, 3 }[random.Next(5)], size = shape[axis];
            long start = random.Next(-size, size), end = step > 0 ? (random.Next(2) == 0 ? long.MaxValue : random.Next(-size, size + 2)) : (random.Next(2) == 0 ? long.MinValue + 1 : random.Next(-size - 1, size));
            model.Initializer($"start{i}", start).Initializer($"end{i}", end).Initializer($"axis{i}", random.Next(2) == 0 ? axis : axis - shape.Length).Initializer($"step{i}", (long)step)
                .Node("Slice", ["x", $"start{i}", $"end{i}", $"axis{i}", $"step{i}"], [$"slice{i}"]).Output($"slice{i}", type);
        }
    }

    [Theory]
    [InlineData(ElementType.Float32)]
    [InlineData(ElementType.Float16)]
    [InlineData(ElementType.Int64)]
    [InlineData(ElementType.Int8)]
    [InlineData(ElementType.Bool)]
    public void Transposes_of_whole_matrices(ElementType type)
    {
        var model = new OnnxBuilder(17);
        int number = 0;
        foreach ((int[] shape, int[] order) in new (int[], int[])[] { ([37, 50], [1, 0]), ([2, 19, 17, 3], [0, 3, 1, 2]), ([1, 3, 19, 17], [0, 2, 3, 1]), ([5, 24, 33], [0, 2, 1]), ([5, 24, 33], [2, 0, 1]), ([9, 8, 10, 16], [3, 2, 1, 0]), ([16, 4, 20], [1, 2, 0]) })
        {
            model.Input($"x{number}", type, [.. shape.Cast<object?>()]).Node("Transpose", [$"x{number}"], [$"y{number}"], ("perm", order)).Output($"y{number}", type);
            number++;
        }

        Differential.Check(model, tolerance: 0);
    }

    private static void AddShapes(OnnxBuilder model, ElementType type, int[] shape, Random random)
    {
        int[] order = Enumerable.Range(0, shape.Length).ToArray();
        random.Shuffle(order);
        long[] repeats = shape.Select(_ => (long)random.Next(1, 4)).ToArray();
        model.Node("Transpose", ["x"], ["transposed"], ("perm", order)).Output("transposed", type)
            .Node("Flatten", ["transposed"], ["flat"], ("axis", random.Next(shape.Length + 1))).Output("flat", type)
            .Initializer("all", -1L).Node("Reshape", ["x", "all"], ["line"]).Output("line", type)
            .Initializer("front", 0L, -1L).Node("Unsqueeze", ["x", "front"], ["framed"]).Output("framed", type)
            .Initializer("wide", [3L, .. Array.ConvertAll(shape, d => (long)d)]).Node("Expand", ["x", "wide"], ["wider"]).Output("wider", type)
            .Initializer("repeats", repeats).Node("Tile", ["x", "repeats"], ["tiled"]).Output("tiled", type);
    }

    private static void AddJoins(OnnxBuilder model, ElementType type, int[] shape, Random random)
    {
        int axis = random.Next(shape.Length), first = random.Next(shape[axis] + 1);
        long[] indices = Enumerable.Range(0, 7).Select(_ => (long)random.Next(-shape[axis], shape[axis])).ToArray();
        model.Initializer("parts", (long)first, shape[axis] - first).Node("Split", ["x", "parts"], ["left", "right"], ("axis", axis)).Output("left", type).Output("right", type)
            .Node("Concat", ["right", "x", "left"], ["joined"], ("axis", axis - shape.Length)).Output("joined", type)
            .Initializer("indices", indices).Node("Gather", ["x", "indices"], ["rows"], ("axis", axis)).Output("rows", type)
            .Initializer("one", Tensor.Scalar(indices[0])).Node("Gather", ["x", "one"], ["row"], ("axis", axis)).Output("row", type);
    }

    private static void AddPads(OnnxBuilder model, ElementType type, int[] shape, Random random)
    {
        long[] grow = shape.Concat(shape).Select(d => (long)random.Next(0, d)).ToArray();
        model.Initializer("grow", grow).Node("Pad", ["x", "grow"], ["zeros"]).Output("zeros", type);
        if (type is ElementType.Float32 or ElementType.Int64 or ElementType.UInt8)
        {
            model.Node("Pad", ["x", "grow"], ["edge"], ("mode", "edge")).Output("edge", type)
                .Node("Pad", ["x", "grow"], ["mirror"], ("mode", "reflect")).Output("mirror", type);
        }
    }
}
