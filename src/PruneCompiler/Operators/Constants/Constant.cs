using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>A tensor from the node's attributes (ONNX Constant, opsets 1 to 25). Always folded at import.</summary>
public sealed class Constant : Operator
{
    /// <inheritdoc/>
    public override string Name => "Constant";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Tensor content = Content(node);
        return [new TensorType(content.Type, content.Shape)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [Content(node)];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => lowering.Alias(node, node.Outputs[0], lowering.Constant(Content(node)));

    private static Tensor Content(Node node) => node.Attributes.Get(node.Attributes.Names.FirstOrDefault(n => n.StartsWith("value", StringComparison.Ordinal) || n == "sparse_value") ?? "") switch
    {
        Tensor tensor => tensor,
        float number => Tensor.Scalar(number),
        float[] numbers => Tensor.Vector<float>(numbers),
        long number => Tensor.Scalar(number),
        long[] numbers => Tensor.Vector<long>(numbers),
        string or string[] => throw new OperatorException(node, "holds text; only numbers can be compiled"),
        _ => throw new OperatorException(node, "has no value"),
    };
}
