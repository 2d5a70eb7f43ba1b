using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Convolution of quantised values (ONNX QLinearConv, opset 10): x, its scale and zero point, w, its, y's, and an int32 bias.</summary>
/// <remarks>The weights' scale and zero point may be vectors over the output channels.</remarks>
public sealed class QLinearConv() : FunctionOperator("")
{
    private static readonly Conv Conv = new();

    /// <inheritdoc/>
    public override string Name => "QLinearConv";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape y = IntegerConvolution.OutputShape(Conv, node, node.Input(0), node.Input(3));
        return [new TensorType(node.Input(7).Type, y)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value w = node.Input(3);
        Value sums = IntegerConvolution.Sums(parts, node, node.Input(0), node.Input(2), w, node.Input(5), node.InputOrNull(8));
        int rank = w.Shape.Rank;
        Value factor = parts.Add("Div", parts.Add("Mul", parts.Along(node.Input(1), 1, rank)!, parts.Along(node.Input(4), 1, rank)!), parts.Along(node.Input(6), 1, rank)!);
        return [parts.Requantised(sums, factor, parts.Along(node.Input(7), 1, rank), node.Input(7).Type)];
    }
}
