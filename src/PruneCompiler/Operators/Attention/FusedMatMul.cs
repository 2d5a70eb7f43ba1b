using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>alpha * A' B' with the last two axes of A and B exchanged on request (com.microsoft FusedMatMul and, older, TransposeMatMul). A function of simpler operators.</summary>
/// <param name="name">Which of the two names.</param>
public sealed class FusedMatMul(string name = "FusedMatMul") : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        if (node.Attributes.Int("transBatchA") != 0 || node.Attributes.Int("transBatchB") != 0)
        {
            throw new OperatorException(node, "transBatchA and transBatchB are not supported");
        }

        return [new TensorType(node.Input(0).Type, MatMulShape.Of(node, Turned(node.Input(0).Shape, node, "transA"), Turned(node.Input(1).Shape, node, "transB")).Result)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value y = f.Add("MatMul", Turned(f, node, node.Input(0), "transA"), Turned(f, node, node.Input(1), "transB"));
        float alpha = node.Attributes.Float("alpha", 1);
        return [alpha == 1 ? y : f.Add("Mul", y, f.Number(alpha, y.Type))];
    }

    private static bool Turns(Shape shape, Node node, string attribute) => node.Attributes.Int(attribute) != 0 && shape.Rank > 1;

    private static Shape Turned(Shape shape, Node node, string attribute) => Turns(shape, node, attribute) ? shape.With(-1, shape[-2]).With(-2, shape[-1]) : shape;

    private static Value Turned(FunctionBuilder f, Node node, Value x, string attribute)
    {
        int rank = x.Shape.Rank;
        return Turns(x.Shape, node, attribute) ? f.Transpose(x, [.. Enumerable.Range(0, rank - 2), rank - 1, rank - 2]) : x;
    }
}
