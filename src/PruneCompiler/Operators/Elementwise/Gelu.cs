using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>x times the normal distribution function of x (ONNX Gelu, opset 20; Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016); approximate = "tanh" is their approximation.</summary>
public sealed class Gelu : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Gelu";

    /// <inheritdoc/>
    public override string Expression(Node node) => node.Attributes.Text("approximate", "none") == "tanh" ? TanhForm(node, "a") : ErfForm(node, "a");

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => node.Attributes.Text("approximate", "none") == "tanh" ? RealTanh(x[0]) : RealErf(x[0]);

    /// <summary>The exact form.</summary>
    internal static string ErfForm(Node node, string x) => $"(mul (mul {x} {Number(node, 0.5)}) (add {Number(node, 1)} (erf (mul {x} {Number(node, Math.Sqrt(0.5))}))))";

    /// <summary>The approximation through tanh.</summary>
    internal static string TanhForm(Node node, string x) =>
        $"(mul (mul {x} {Number(node, 0.5)}) (add {Number(node, 1)} (tanh (mul {Number(node, Math.Sqrt(2 / Math.PI))} (add {x} (mul {Number(node, 0.044715)} (mul {x} (mul {x} {x}))))))))";

    internal static double RealErf(double x) => 0.5 * x * (1 + Runtime.ScalarMath.Erf(x * Math.Sqrt(0.5)));

    internal static double RealTanh(double x) => 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))));
}
