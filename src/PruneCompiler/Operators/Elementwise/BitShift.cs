using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>a shifted by b bits, zeros moving in (ONNX BitShift, opset 11); direction is LEFT or RIGHT.</summary>
public sealed class BitShift : ElementwiseOperator
{
    /// <inheritdoc/>
    public override string Name => "BitShift";

    /// <inheritdoc/>
    protected override int Arity => 2;

    /// <inheritdoc/>
    public override string Expression(Node node) => Left(node) ? "(shiftleft a b)" : "(shiftright a b)";

    /// <inheritdoc/>
    protected override Int128 Whole(Node node, ReadOnlySpan<Int128> x) => x[1] >= 64 ? 0 : Left(node) ? x[0] << (int)x[1] : x[0] >> (int)x[1];

    private static bool Left(Node node) => node.Attributes.Text("direction") switch
    {
        "LEFT" => true,
        "RIGHT" => false,
        _ => throw new OperatorException(node, "direction must be LEFT or RIGHT"),
    };
}
