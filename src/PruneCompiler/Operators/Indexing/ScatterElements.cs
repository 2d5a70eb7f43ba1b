using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>A copy of the data with output[indices[i, j], j] = updates[i, j] for axis 0, and so on (ONNX ScatterElements, opsets 11 to 18; Scatter, opsets 9 to 11).</summary>
/// <remarks>With reduction (16: add, mul; 18: min, max) the update is combined with what is there, for each of repeated indices.</remarks>
public sealed class ScatterElements(string name = "ScatterElements") : Operator
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Indices(node, 1);
        Shape data = node.Input(0).Shape, indices = node.Input(1).Shape;
        Rules.FitsElements(node, data, indices, Axis(node));
        if (node.Input(2).Shape != indices || node.Input(2).Type != node.Input(0).Type)
        {
            throw new OperatorException(node, $"updates are {node.Input(2).TensorType} where {node.Input(0).Type.Text()} {indices} is needed");
        }

        ScatterNode.Mode(node);
        return [node.Input(0).TensorType];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor data = inputs[0]!, indices = inputs[1]!, updates = inputs[2]!;
        var y = new Tensor(data.Type, data.Shape);
        fixed (byte* from = data.Bytes, at = indices.Bytes, what = updates.Bytes, to = y.Bytes)
        {
            if (ScatterNode.Mode(node) == ScatterMode.None)
            {
                Scattering.Elements(from, at, what, to, data.Type.Size(), indices.Type.Size(), data.Shape.Dims, indices.Shape.Dims, Axis(node));
            }
            else
            {
                NumberTypes.Dispatch(data.Type, new Fold(from, at, what, to, node));
            }
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value data = node.Input(0), indices = node.Input(1);
        ScatterMode mode = ScatterNode.Mode(node);
        lowering.Call(
            node,
            $"{node.Name}: {Name} {indices.Shape} updates into axis {Axis(node)} of {data.Shape}.",
            mode == ScatterMode.None ? "Scattering.Elements" : "Scattering.FoldElements",
            [
                Arg.Pointer("data", lowering.ReadPlain(node, data)),
                Arg.Pointer("indices", lowering.ReadPlain(node, indices)),
                Arg.Pointer("updates", lowering.ReadPlain(node, node.Input(2))),
                Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
                .. mode == ScatterMode.None ? [Arg.Int("size", data.Type.Size())] : Array.Empty<Emit.Argument>(),
                Arg.Int("indexSize", indices.Type.Size()),
                Arg.Ints("dataShape", data.Shape.Dims.ToArray()),
                Arg.Ints("updateShape", indices.Shape.Dims.ToArray()),
                Arg.Int("axis", Axis(node)),
                .. mode == ScatterMode.None ? Array.Empty<Emit.Argument>() : [Arg.Code("mode", "ScatterMode." + mode)],
            ]);
    }

    private static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis"), node.Input(0).Shape.Rank);

    private sealed unsafe class Fold(byte* data, byte* indices, byte* updates, byte* output, Node node) : INumberAction
    {
        public void Run<T>()
            where T : unmanaged, System.Numerics.INumber<T> =>
            Scattering.FoldElements((T*)data, indices, (T*)updates, (T*)output, node.Input(1).Type.Size(), node.Input(0).Shape.Dims, node.Input(1).Shape.Dims, Axis(node), ScatterNode.Mode(node));
    }
}
