using System.Numerics;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The k largest (or smallest) elements along an axis and their int64 indices, best first (ONNX TopK, opsets 1 to 24).</summary>
/// <remarks>k is an attribute to opset 9, then a constant input. Unsorted results are allowed in any order and come sorted. Among equals the lower index comes first.</remarks>
public sealed class TopK : Operator
{
    /// <inheritdoc/>
    public override string Name => "TopK";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        int axis = Axis(node);
        long k = node.InputOrNull(1) is null ? node.Attributes.Int("k", -1) : node.RequireConstant(1, "k") is { Count: 1 } one ? one.GetInt64(0) : -1;
        if (k < 0 || k > x[axis] || !NumberTypes.Has(node.Input(0).Type))
        {
            throw new OperatorException(node, $"{k} of {x[axis]} elements of {node.Input(0).TensorType} cannot be selected along axis {axis}");
        }

        return [new TensorType(node.Input(0).Type, x.With(axis, (int)k)), new TensorType(ElementType.Int64, x.With(axis, (int)k))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Shape shape = Infer(node)[0].Shape;
        Tensor values = new(inputs[0]!.Type, shape), indices = new(ElementType.Int64, shape);
        fixed (byte* x = inputs[0]!.Bytes, v = values.Bytes, i = indices.Bytes)
        {
            NumberTypes.Dispatch(values.Type, new Select(x, v, (long*)i, node, shape));
        }

        return [values, indices];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape x = node.Input(0).Shape, y = Infer(node)[0].Shape;
        int axis = Axis(node);
        Storage indices = node.Outputs.Count > 1 ? lowering.WritePlain(node, node.Outputs[1]) : lowering.Scratch(node.Name + " indices", new TensorType(ElementType.Int64, y));
        lowering.Call(
            node,
            $"{node.Name}: TopK, {y[axis]} of {x[axis]} along axis {axis}.",
            "TopElements.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("values", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("indices", indices),
            Arg.Int("outer", new Shape(x.Dims[..axis]).Count),
            Arg.Int("length", x[axis]),
            Arg.Int("inner", new Shape(x.Dims[(axis + 1)..]).Count),
            Arg.Int("k", y[axis]),
            Arg.Bool("largest", Largest(node)));
    }

    private static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis", -1), node.Input(0).Shape.Rank);

    private static bool Largest(Node node) => node.Attributes.Int("largest", 1) != 0;

    private sealed unsafe class Select(byte* input, byte* values, long* indices, Node node, Shape shape) : INumberAction
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>
        {
            int axis = Axis(node);
            Shape x = node.Input(0).Shape;
            TopElements.Run((T*)input, (T*)values, indices, new Shape(x.Dims[..axis]).Count, x[axis], new Shape(x.Dims[(axis + 1)..]).Count, shape[axis], Largest(node));
        }
    }
}
