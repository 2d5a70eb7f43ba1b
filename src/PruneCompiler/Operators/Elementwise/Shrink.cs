using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>x + bias below -lambd, x - bias above lambd, else 0 (ONNX Shrink, opset 9).</summary>
public sealed class Shrink : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Shrink";

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        float lambd = Bound(node), bias = Bias(node);
        ElementType type = node.Input(0).Type;
        string kind = type == ElementType.Float64 ? "float64" : "float32", x = type.IsFloat() ? "a" : $"(cast {kind} a)";
        string below = $"(select (less {x} {Literal(-lambd)}) (add {x} {Literal(bias)}) {Literal(0)})";
        string result = $"(select (greater {x} {Literal(lambd)}) (sub {x} {Literal(bias)}) {below})";
        return type.IsFloat() ? result : $"(cast {type.Text()} {result})";

        string Literal(float value) => Expressions.Literal(value, kind).ToString();
    }

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] < -Bound(node) ? x[0] + Bias(node) : x[0] > Bound(node) ? x[0] - Bias(node) : 0;

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => (Int128)Math.Truncate(Real(node, [(double)x[0]]));

    private static float Bound(Node node) => node.Attributes.Float("lambd", 0.5f);

    private static float Bias(Node node) => node.Attributes.Float("bias");
}
