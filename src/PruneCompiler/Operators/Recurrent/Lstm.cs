using PruneCompiler.IR;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Long short-term memory with the gates i, o, f, c and optional peepholes (ONNX LSTM, opsets 7 to 22).</summary>
public sealed class Lstm : RecurrentOperator
{
    /// <inheritdoc/>
    public override string Name => "LSTM";

    /// <inheritdoc/>
    protected override int Gates => 4;

    /// <inheritdoc/>
    protected override string[] DefaultActivations => ["Sigmoid", "Tanh", "Tanh"];

    /// <inheritdoc/>
    protected override int Cells => 1;

    private protected override RecurrentKind Kind(Node node) => RecurrentKind.Lstm;
}
