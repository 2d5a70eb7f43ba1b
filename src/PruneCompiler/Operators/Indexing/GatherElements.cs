using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>output[i, j] = data[indices[i, j], j] for axis 0, and so on (ONNX GatherElements, opsets 11 and 13).</summary>
/// <remarks>Indices are int32 or int64 of the output's shape, which apart from the axis fits into the data's.</remarks>
public sealed class GatherElements : Operator
{
    /// <inheritdoc/>
    public override string Name => "GatherElements";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Indices(node, 1);
        Rules.FitsElements(node, node.Input(0).Shape, node.Input(1).Shape, Axis(node));
        return [new TensorType(node.Input(0).Type, node.Input(1).Shape)];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor data = inputs[0]!, indices = inputs[1]!;
        var y = new Tensor(data.Type, indices.Shape);
        fixed (byte* from = data.Bytes, at = indices.Bytes, to = y.Bytes)
        {
            Gathering.Elements(from, at, to, data.Type.Size(), indices.Type.Size(), data.Shape.Dims, indices.Shape.Dims, Axis(node));
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value data = node.Input(0), indices = node.Input(1);
        lowering.Call(
            node,
            $"{node.Name}: GatherElements {indices.Shape} from axis {Axis(node)} of {data.Shape}.",
            "Gathering.Elements",
            Arg.Pointer("data", lowering.ReadPlain(node, data)),
            Arg.Pointer("indices", lowering.ReadPlain(node, indices)),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("size", data.Type.Size()),
            Arg.Int("indexSize", indices.Type.Size()),
            Arg.Ints("dataShape", data.Shape.Dims.ToArray()),
            Arg.Ints("outputShape", indices.Shape.Dims.ToArray()),
            Arg.Int("axis", Axis(node)));
    }

    private static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis"), node.Input(0).Shape.Rank);
}
