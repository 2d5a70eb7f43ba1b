using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Its input under another name (ONNX Identity, opsets 1 to 25).</summary>
public sealed class Identity : Operator
{
    /// <inheritdoc/>
    public override string Name => "Identity";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [node.Input(0).TensorType];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [inputs[0]!];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph) => [node.Input(0)];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => lowering.Alias(node, node.Outputs[0], lowering.Read(node.Input(0)));
}
