using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Exact <see cref="Gelu"/> under ONNX Runtime's contrib domain.</summary>
public sealed class ContribGelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Gelu";

    /// <inheritdoc/>
    public override string Domain => "com.microsoft";

    /// <inheritdoc/>
    public override string Expression(Node node) => Gelu.ErfForm(node, "a");

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Gelu.RealErf(x[0]);
}

/// <summary>Exact <see cref="Gelu"/> of x + bias (com.microsoft BiasGelu).</summary>
public sealed class BiasGelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "BiasGelu";

    /// <inheritdoc/>
    public override string Domain => "com.microsoft";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(let t (add a b) {Gelu.ErfForm(node, "t")})";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Gelu.RealErf(x[0] + x[1]);
}

/// <summary>The tanh form of <see cref="Gelu"/> of x, or of x + bias (com.microsoft FastGelu).</summary>
public sealed class FastGelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "FastGelu";

    /// <inheritdoc/>
    public override string Domain => "com.microsoft";

    /// <inheritdoc/>
    public override string Expression(Node node) => node.InputOrNull(1) is null ? Gelu.TanhForm(node, "a") : $"(let t (add a b) {Gelu.TanhForm(node, "t")})";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Gelu.RealTanh(x.Length > 1 ? x[0] + x[1] : x[0]);
}

/// <summary>x sigmoid(alpha x) (com.microsoft QuickGelu); alpha is 1.702 unless given.</summary>
public sealed class QuickGelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "QuickGelu";

    /// <inheritdoc/>
    public override string Domain => "com.microsoft";

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(mul a (sigmoid (mul a {Number(node, Alpha(node))})))";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] / (1 + Math.Exp(-Alpha(node) * x[0]));

    private static float Alpha(Node node) => node.Attributes.Float("alpha", 1.702f);
}

/// <summary>a sigmoid(alpha a) b (ONNX SwiGLU, opset 28; Shazeer, "GLU Variants Improve Transformer", 2020); alpha is 1 unless given.</summary>
public sealed class SwiGLU : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "SwiGLU";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => $"(mul (mul a (sigmoid {(Alpha(node) == 1 ? "a" : $"(mul a {Number(node, Alpha(node))})")})) b)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] / (1 + Math.Exp(-Alpha(node) * x[0])) * x[1];

    private static float Alpha(Node node) => node.Attributes.Float("alpha", 1);
}
