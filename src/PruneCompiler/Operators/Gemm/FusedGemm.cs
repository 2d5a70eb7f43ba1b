using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>activation(alpha A' B' + beta C) (com.microsoft FusedGemm), as ONNX Runtime's optimiser writes it. A function of simpler operators.</summary>
public sealed class FusedGemm() : FunctionOperator("com.microsoft")
{
    private static readonly Gemm Gemm = new();

    /// <inheritdoc/>
    public override string Name => "FusedGemm";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        try
        {
            return Gemm.Infer(new Node(node.Name, Gemm, NewestOpset, node.Inputs, [new Value("y")], FusedActivation.Without(node)));
        }
        catch (OperatorException e)
        {
            throw new OperatorException(node, e.Why);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value y = f.Add("Gemm", FusedActivation.Without(node), [.. node.Inputs]);
        string[] names = ["activation_alpha", "activation_beta"];
        return [FusedActivation.Of(f, node, y, [.. names.TakeWhile(node.Attributes.Has).Select(n => node.Attributes.Float(n))])];
    }
}
