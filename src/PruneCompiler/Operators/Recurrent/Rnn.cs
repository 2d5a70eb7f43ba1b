using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>H = f(W x + R H + b) (ONNX RNN, opsets 7 to 22).</summary>
public sealed class Rnn : RecurrentOperator
{
    /// <inheritdoc/>
    public override string Name => "RNN";

    /// <inheritdoc/>
    protected override int Gates => 1;

    /// <inheritdoc/>
    protected override string[] DefaultActivations => ["Tanh"];

    private protected override RecurrentKind Kind(Node node) => RecurrentKind.Rnn;
}
