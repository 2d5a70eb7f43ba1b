using System.Numerics;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>A new axis of size depth with values[1] at the index and values[0] elsewhere (ONNX OneHot, opsets 9 and 11).</summary>
/// <remarks>Indices of any number type; depth is a constant scalar or a list of one. An index outside of [-depth, depth) has no hot element.</remarks>
public sealed class OneHot : Operator
{
    /// <inheritdoc/>
    public override string Name => "OneHot";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Tensor depth = node.RequireConstant(1, "depth");
        if (depth.Count != 1 || node.Input(2).Shape.Count != 2 || !NumberTypes.Has(node.Input(0).Type))
        {
            throw new OperatorException(node, $"needs indices of a number type, one depth and two values, not {node.Input(0).TensorType}, {depth.Shape} and {node.Input(2).Shape}");
        }

        int axis = Axis(node);
        long[] sizes = [.. node.Input(0).Shape.Dims[..axis], (long)depth.GetDouble(0), .. node.Input(0).Shape.Dims[axis..]];
        return [new TensorType(node.Input(2).Type, Rules.Shape(node, sizes))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        var y = new Tensor(node.Outputs[0].Type, node.Outputs[0].Shape);
        fixed (byte* at = inputs[0]!.Bytes, values = inputs[2]!.Bytes, to = y.Bytes)
        {
            NumberTypes.Dispatch(inputs[0]!.Type, new Fill(at, values, to, node));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        (long outer, long depth, long inner) = Divide(node);
        lowering.Call(
            node,
            $"{node.Name}: OneHot of depth {depth}.",
            "OneHots.Run",
            Arg.Pointer("indices", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("values", lowering.ReadPlain(node, node.Input(2))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("size", node.Outputs[0].Type.Size()),
            Arg.Int("outer", outer),
            Arg.Int("depth", depth),
            Arg.Int("inner", inner));
    }

    private static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis", -1), node.Input(0).Shape.Rank + 1);

    private static (long Outer, long Depth, long Inner) Divide(Node node)
    {
        int axis = Axis(node);
        Shape indices = node.Input(0).Shape;
        return (new Shape(indices.Dims[..axis]).Count, node.Outputs[0].Shape[axis], new Shape(indices.Dims[axis..]).Count);
    }

    private sealed unsafe class Fill(byte* indices, byte* values, byte* output, Node node) : INumberAction
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>
        {
            (long outer, long depth, long inner) = Divide(node);
            OneHots.Run((T*)indices, values, output, node.Outputs[0].Type.Size(), outer, depth, inner);
        }
    }
}
