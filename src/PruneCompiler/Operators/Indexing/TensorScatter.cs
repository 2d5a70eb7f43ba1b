using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>A cache [N, .., S, ..] with some consecutive entries of an axis replaced, from write_indices[n] on (ONNX TensorScatter, opset 24; modes linear and circular).</summary>
public sealed class TensorScatter : Operator
{
    /// <inheritdoc/>
    public override string Name => "TensorScatter";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape cache = node.Input(0).Shape, update = node.Input(1).Shape;
        Rules.Rank(node, node.Input(0), 2);
        int axis = Axis(node);
        bool places = node.InputOrNull(2) is not { } p || (p.Type == ElementType.Int64 && p.Shape == new Shape(cache[0]));
        if (axis == 0 || update.Rank != cache.Rank || update.With(axis, 0) != cache.With(axis, 0) || update[axis] > cache[axis] || node.Input(1).Type != node.Input(0).Type || !places)
        {
            throw new OperatorException(node, $"an update of {node.Input(1).TensorType} at {node.InputOrNull(2)?.TensorType} does not fit axis {axis} of {node.Input(0).TensorType}");
        }

        return node.Attributes.Text("mode", "linear") is "linear" or "circular"
            ? [node.Input(0).TensorType]
            : throw new OperatorException(node, $"mode '{node.Attributes.Text("mode")}' is neither linear nor circular");
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor cache = inputs[0]!, y = new(cache.Type, cache.Shape);
        int axis = Axis(node);
        fixed (byte* from = cache.Bytes, update = inputs[1]!.Bytes, places = inputs.Length > 2 ? inputs[2]?.Bytes : null, to = y.Bytes)
        {
            CacheUpdate.Run(from, update, (long*)places, to, cache.Shape[0], Middle(cache.Shape, axis), cache.Shape[axis], inputs[1]!.Shape[axis], Block(node), Circular(node));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape cache = node.Input(0).Shape;
        int axis = Axis(node);
        lowering.Call(
            node,
            $"{node.Name}: TensorScatter, {node.Input(1).Shape[axis]} entries into {cache}.",
            "CacheUpdate.Run",
            Arg.Pointer("cache", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("update", lowering.ReadPlain(node, node.Input(1))),
            node.InputOrNull(2) is { } places ? Arg.Pointer("places", lowering.ReadPlain(node, places)) : Arg.Code("places", "null"),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("batch", cache[0]),
            Arg.Int("middle", Middle(cache, axis)),
            Arg.Int("length", cache[axis]),
            Arg.Int("count", node.Input(1).Shape[axis]),
            Arg.Int("blockBytes", Block(node)),
            Arg.Bool("circular", Circular(node)));
    }

    private static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis", -2), node.Input(0).Shape.Rank);

    private static bool Circular(Node node) => node.Attributes.Text("mode", "linear") == "circular";

    private static long Middle(Shape shape, int axis) => new Shape(shape.Dims[1..axis]).Count;

    private static long Block(Node node) => new Shape(node.Input(0).Shape.Dims[(Axis(node) + 1)..]).Count * node.Input(0).Type.Size();
}
