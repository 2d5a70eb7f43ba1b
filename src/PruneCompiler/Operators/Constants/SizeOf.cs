using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>The number of elements of its input as an int64 scalar (ONNX Size, opsets 1 to 25). Always folded at import.</summary>
public sealed class SizeOf : Operator
{
    /// <inheritdoc/>
    public override string Name => "Size";

    /// <inheritdoc/>
    public override bool ReadsTypesOnly => true;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(ElementType.Int64, Shape.Scalar)];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [Tensor.Scalar(node.Input(0).Shape.Count)];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => lowering.Alias(node, node.Outputs[0], lowering.Constant(Evaluate(node, [])[0]));
}
