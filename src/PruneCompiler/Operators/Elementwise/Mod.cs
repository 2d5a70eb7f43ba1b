using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The rest of a / b (ONNX Mod, opsets 10 to 13): with fmod = 1 it has the sign of a as in C, else that of b as in Python.</summary>
public sealed class Mod : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Mod";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => node.Attributes.Int("fmod") != 0 ? "(fmod a b)" : "(mod a b)";

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => node.Attributes.Int("fmod") != 0 || x[0] % x[1] == 0 || (x[0] % x[1] < 0) == (x[1] < 0) ? x[0] % x[1] : (x[0] % x[1]) + x[1];

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[1] == 0 ? 0 : node.Attributes.Int("fmod") != 0 || x[0] % x[1] == 0 || (x[0] % x[1] < 0) == (x[1] < 0) ? x[0] % x[1] : (x[0] % x[1]) + x[1];
}
