using PruneCompiler.IR;

namespace PruneCompiler.Tests.Operators.Sweep;

/// <summary>An input of a swept node: its content, and whether the model holds it as an initializer.</summary>
internal sealed record SweepInput(Tensor Tensor, bool Fixed)
{
    /// <summary>An input that is given in each run.</summary>
    public static implicit operator SweepInput(Tensor tensor) => new(tensor, false);
}

/// <summary>One node, to be computed by everybody: operator, inputs (null where left out), attributes.</summary>
internal sealed record SweepCase(string Operator, SweepInput?[] Inputs, params (string Name, object Value)[] Attributes)
{
    /// <summary>Number of outputs that the node has.</summary>
    public int Outputs { get; init; } = 1;

    /// <summary>The operator's domain; empty for ONNX's own.</summary>
    public string Domain { get; init; } = "";

    /// <summary>Largest difference, as a share of the largest expected magnitude; null for the element type's own.</summary>
    public double? Tolerance { get; init; }

    /// <summary>False where ONNX Runtime is known to depart from ONNX, with the reason beside it in the sweep: the reference evaluator stands alone then.</summary>
    public bool Oracle { get; init; } = true;

    /// <summary>True where ONNX Runtime must be able to compute the node: its refusal is then a failure.</summary>
    public bool OracleRuns { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Operator}({string.Join(", ", Inputs.Select(i => i is null ? "-" : $"{(i.Fixed ? "const " : "")}{i.Tensor.Type.Text()} {i.Tensor.Shape}"))}) {string.Join(' ', Attributes.Select(a => $"{a.Name}={Text(a.Value)}"))}";

    private static string Text(object value) => value is Array array ? $"[{string.Join(',', array.Cast<object>())}]" : $"{value}";
}
