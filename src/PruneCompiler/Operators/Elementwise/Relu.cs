using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>max(x, 0) (ONNX Relu, opsets 6 to 14).</summary>
public sealed class Relu : Operator
{
    /// <inheritdoc/>
    public override string Name => "Relu";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [node.Input(0).TensorType];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        var y = new Tensor(inputs[0]!.Type, inputs[0]!.Shape);
        ReadOnlySpan<float> x = inputs[0]!.As<float>();
        for (int i = 0; i < x.Length; i++)
        {
            y.As<float>()[i] = MathF.Max(x[i], 0);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => throw new NotImplementedException();
}
