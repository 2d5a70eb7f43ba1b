using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import.Quantized;

/// <summary>
/// Recognises quantised layers that are written as dequantise, float operator, quantise (QDQ), and writes them as the operators of whole numbers that they stand for.
/// </summary>
/// <remarks>
/// This belongs to the meaning of a model, not to its optimisation: sums of integers are exact and rounded once, as ONNX Runtime computes such models, where
/// floats in between would round ties either way. What has no integer form stays as it is.
/// </remarks>
internal static class QdqRecogniser
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        if (!graph.Nodes.Any(n => n.Operator is DequantizeLinear))
        {
            return;
        }

        foreach (Node node in graph.Nodes.ToArray())
        {
            MovedIntegers.Run(graph, node); // first, in order: it brings the integers next to the layers behind them
        }

        var made = new List<Node>();
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (graph.IndexOf(node) >= 0)
            {
                Rewrite(graph, node, made);
            }
        }

        while (made.Count > 0)
        {
            made = made.SelectMany(function => Expand(graph, function)).ToList();
        }

        Fold(graph);
        graph.RemoveUnread();
    }

    // The layer's result becomes that of a quantised operator.
    private static void Rewrite(Graph graph, Node node, List<Node> made)
    {
        (Value From, Node To)? rewritten = node.Operator switch
        {
            Conv => QdqProducts.Convolution(graph, node),
            MatMul => QdqProducts.MatMul(graph, node),
            Gemm => QdqProducts.Gemm(graph, node),
            Add or Mul => QdqFunctions.Binary(graph, node),
            GlobalAveragePool or AveragePool => QdqFunctions.Mean(graph, node),
            _ => null,
        };
        if (rewritten is var (from, to))
        {
            graph.Replace(from, to.Outputs[0]);
            made.Add(to);
        }
    }

    // Gives the parts that consist of others in turn.
    private static List<Node> Expand(Graph graph, Node function)
    {
        int start = graph.IndexOf(function);
        int before = graph.Nodes.Count;
        if (function.Operator.Decompose(function, graph) is not { } results)
        {
            return [];
        }

        List<Node> parts = graph.Nodes.GetRange(start, graph.Nodes.Count - before);
        for (int i = 0; i < function.Outputs.Count; i++)
        {
            graph.Replace(function.Outputs[i], results[i]);
        }

        graph.Remove(function);
        return parts;
    }

    // The parts that consist of constants: centred weights, factors.
    private static void Fold(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Inputs.Count > 0 && node.Inputs.All(i => i?.Constant is not null) && ConstantFolding.TryFold(node))
            {
                graph.Remove(node);
            }
        }
    }
}
