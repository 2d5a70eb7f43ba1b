using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Gated recurrent unit with the gates z, r, h (ONNX GRU, opsets 7 to 22).</summary>
public sealed class Gru : RecurrentOperator
{
    /// <inheritdoc/>
    public override string Name => "GRU";

    /// <inheritdoc/>
    protected override int Gates => 3;

    /// <inheritdoc/>
    protected override string[] DefaultActivations => ["Sigmoid", "Tanh"];

    private protected override RecurrentKind Kind(Node node) => node.Attributes.Int("linear_before_reset") != 0 ? RecurrentKind.GruLinear : RecurrentKind.Gru;
}
