using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Analyze;

/// <summary>Counts multiply-adds of the layers that consist of them; padding counts as pixels.</summary>
public static class MultiplyAdds
{
    /// <summary>Multiply-adds of a dense node; 0 for nodes that are no sums of products.</summary>
    public static long Dense(Node node) => node.Operator switch
    {
        Conv => node.Outputs[0].Shape.Count * (node.Input(1).Shape.Count / node.Input(1).Shape[0]),
        ConvTranspose => node.Input(0).Shape.Count * (node.Input(1).Shape.Count / node.Input(1).Shape[0]),
        Gemm => node.Outputs[0].Shape.Count * node.Input(0).Shape[node.Attributes.Int("transA") == 0 ? 1 : 0],
        MatMul => node.Outputs[0].Shape.Count * node.Input(0).Shape[-1],
        _ => 0,
    };

    /// <summary>Multiply-adds of a graph, all layers dense.</summary>
    public static long Dense(Graph graph) => graph.Nodes.Sum(Dense);

    /// <summary>Multiply-adds of a node with the zeros of its constant weights left out.</summary>
    public static long NonZero(Node node)
    {
        long dense = Dense(node);
        Value? weights = dense == 0 ? null : node.Inputs.Take(2).FirstOrDefault(i => i is { Constant: not null });
        return weights is null || weights.Shape.Count == 0 ? dense : (long)((double)dense / weights.Shape.Count * TensorSlices.Zeros(weights.Constant!).Count(z => !z));
    }

    /// <summary>Multiply-adds of a graph with the zeros of constant weights left out.</summary>
    public static long NonZero(Graph graph) => graph.Nodes.Sum(NonZero);
}
