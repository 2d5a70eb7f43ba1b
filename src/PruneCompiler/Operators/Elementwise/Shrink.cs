using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x + bias below -lambd, x - bias above lambd, else 0 (ONNX Shrink, opset 9).</summary>
public sealed class Shrink : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Shrink";

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        double lambd = node.Attributes.Float("lambd", 0.5f), bias = node.Attributes.Float("bias");
        if (!node.Input(0).Type.IsFloat())
        {
            throw new OperatorException(node, "only floats are supported");
        }

        string below = $"(select (less a {Number(node, -lambd)}) (add a {Number(node, bias)}) {Number(node, 0)})";
        return $"(select (greater a {Number(node, lambd)}) (sub a {Number(node, bias)}) {below})";
    }

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < -node.Attributes.Float("lambd", 0.5f) ? x[0] + node.Attributes.Float("bias") : x[0] > node.Attributes.Float("lambd", 0.5f) ? x[0] - node.Attributes.Float("bias") : 0;
}
