using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>b where the condition a holds, else c (ONNX Where, opsets 9 to 16), for elements of every type.</summary>
public sealed class Where : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "Where";

    /// <inheritdoc/>
    protected override int Arity => 3;

    /// <inheritdoc/>
    protected override bool RequiresOneType => false;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => node.Input(0).Type != ElementType.Bool || node.Input(1).Type != node.Input(2).Type
        ? throw new OperatorException(node, $"takes a bool and two of one type, not {string.Join(", ", node.Inputs.Select(i => i?.Type.Text()))}")
        : base.Infer(node);

    /// <inheritdoc/>
    public override string Expression(Node node) => "(select a b c)";

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node) => node.Input(1).Type;

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => x[0] != 0 ? x[1] : x[2];

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[0] != 0 ? x[1] : x[2];
}
