using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Product of quantised values (com.microsoft QLinearMul), in the arithmetic of ONNX Runtime: the exact product of whole numbers, scaled and rounded once.</summary>
public sealed class QLinearMul() : QLinearFunction("QLinearMul", "Mul", 2)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<Value> Body(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value product = parts.Add("Mul", Centred(0), Centred(3));
        Value factor = parts.Add("Div", parts.Add("Mul", Single(1), Single(4)), Single(6));
        return [parts.Requantised(product, factor, node.InputOrNull(7) is null ? null : Single(7), node.Outputs[0].Type)];

        Value Single(int input) => parts.Along(node.Input(input), 0, 1)!;
        Value Centred(int input) => parts.Centred(node.Input(input), node.InputOrNull(input + 2) is null ? null : Single(input + 2), ElementType.Float32);
    }
}
