using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>The dimensions of its input as int64, from axis start up to end (ONNX Shape, opsets 1 to 25). Always folded at import.</summary>
public sealed class ShapeOf : Operator
{
    /// <inheritdoc/>
    public override string Name => "Shape";

    /// <inheritdoc/>
    public override bool ReadsTypesOnly => true;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(ElementType.Int64, new Shape(Dims(node).Length))];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [Tensor.Vector<long>(Dims(node))];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => lowering.Alias(node, node.Outputs[0], lowering.Constant(Evaluate(node, [])[0]));

    private static long[] Dims(Node node)
    {
        int[] dims = node.Input(0).Shape.Dims.ToArray();
        int start = Clamp(node.Attributes.Int("start", 0), dims.Length), end = Clamp(node.Attributes.Int("end", dims.Length), dims.Length);
        return Array.ConvertAll(start < end ? dims[start..end] : [], d => (long)d);
    }

    private static int Clamp(long axis, int rank) => (int)Math.Clamp(axis < 0 ? axis + rank : axis, 0, rank);
}
