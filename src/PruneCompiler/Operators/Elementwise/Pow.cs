using PruneCompiler.Emit;
using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>a to the power b (ONNX Pow, opsets 7 to 15); b may have another type than a, the result has that of a.</summary>
public sealed class Pow : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Pow";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    protected override bool RequiresOneType => false;

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        string type = ElementKinds.Computed(node.Input(0).Type.Text()), power = ElementKinds.Computed(node.Input(1).Type.Text());
        if (node.ConstantInput(1) is { Count: 1 } constant && ElementKinds.IsFloat(type))
        {
            // The powers that models use have cheaper names.
            switch (Numbers.ReadFloat(constant, 0))
            {
                case 2:
                    return "(mul a a)";
                case 3:
                    return "(mul (mul a a) a)";
                case 1:
                    return "a";
                case 0.5:
                    return "(sqrt a)";
                case -1:
                    return $"(div {Number(node, 1)} a)";
                case -0.5:
                    return $"(div {Number(node, 1)} (sqrt a))";
            }
        }

        // Whole powers of whole numbers are exact; anything else goes through the wider float.
        string wide = type == power || (ElementKinds.IsFloat(type) && !ElementKinds.IsFloat(power)) ? type : power == "float32" && type != "float64" ? "float64" : ElementKinds.IsFloat(power) ? "float64" : type;
        string formula = $"(pow {Cast("a", type, wide)} {Cast("b", power, wide)})";
        return wide == type ? formula : $"(cast {type} {formula})";
    }

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => Math.Pow(x[0], x[1]);

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x)
    {
        if (x[1] < 0)
        {
            return x[0] == 1 ? 1 : x[0] == -1 ? (Int128.IsEvenInteger(x[1]) ? 1 : -1) : 0;
        }

        Int128 result = 1;
        for (Int128 i = 0; i < Int128.Min(x[1], 200); i++)
        {
            result = unchecked(result * x[0]);
        }

        return result;
    }

    private static string Cast(string name, string from, string to) => from == to ? name : $"(cast {to} {name})";
}
