using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Its input unchanged, and a mask of all true (ONNX Dropout in inference, opsets 1 to 22).</summary>
public sealed class Dropout : Operator
{
    /// <inheritdoc/>
    public override string Name => "Dropout";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        if (node.InputOrNull(2) is not null && node.RequireConstant(2, "training_mode").GetInt64(0) != 0
            && (node.InputOrNull(1) is null || node.RequireConstant(1, "the ratio").GetDouble(0) != 0))
        {
            throw new OperatorException(node, "drops values at random in training mode; export the model for inference");
        }

        // Up to opset 9 the mask has the type of the data.
        TensorType type = node.Input(0).TensorType;
        return [type, node.Opset < 10 ? type : type with { Type = ElementType.Bool }];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => node.Outputs.Count == 1 ? [inputs[0]!] : [inputs[0]!, Mask(node)];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph) =>
        node.Outputs.Count == 1 ? [node.Input(0)] : [node.Input(0), graph.Constant(node.Name + " mask", Mask(node))];

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => throw new NotSupportedException("Dropout is removed at import.");

    private static Tensor Mask(Node node)
    {
        var mask = new Tensor(node.Outputs[1].Type, node.Outputs[1].Shape);
        if (mask.Type == ElementType.Bool)
        {
            mask.Bytes.AsSpan().Fill(1);
        }
        else if (mask.Type == ElementType.Float32)
        {
            mask.As<float>().Fill(1);
        }

        return mask;
    }
}
