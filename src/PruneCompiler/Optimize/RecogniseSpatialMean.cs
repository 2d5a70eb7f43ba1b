using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Turns a ReduceMean over all spatial axes, and pools whose window is the whole plane, into global pools, which read panels as they lie.</summary>
internal static class RecogniseSpatialMean
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is AveragePool or MaxPool && node.Outputs.Count == 1 && IsWholePlane(node))
            {
                string name = node.Operator is AveragePool ? "GlobalAveragePool" : "GlobalMaxPool";
                graph.Replace(node.Outputs[0], graph.Insert(node, node.Name, name, [node.Input(0)]).Outputs[0]);
                graph.Remove(node);
                continue;
            }

            if (node.Operator.Name != "ReduceMean" || node.Operator.Domain.Length > 0 || node.Input(0).Shape.Rank is < 3 or > 5 || node.Input(0).Producer?.Operator is MatMul or Gemm or null)
            {
                continue;
            }

            int rank = node.Input(0).Shape.Rank;
            long[]? axes = node.InputOrNull(1) is not null ? node.ConstantInput(1)?.ToInt64Array() : node.Attributes.Ints("axes");
            if (axes is null || !axes.Select(a => a < 0 ? a + rank : a).Order().SequenceEqual(Enumerable.Range(2, rank - 2).Select(a => (long)a)))
            {
                continue;
            }

            Value mean = graph.Insert(node, node.Name, "GlobalAveragePool", [node.Input(0)]).Outputs[0];
            if (node.Attributes.Int("keepdims", 1) == 0)
            {
                Value spatial = graph.Constant(node.Name + " axes", Tensor.Vector<long>([.. Enumerable.Range(2, rank - 2).Select(a => (long)a)]));
                mean = graph.Insert(node, node.Name + " squeezed", "Squeeze", [mean, spatial]).Outputs[0];
            }

            graph.Replace(node.Outputs[0], mean);
            graph.Remove(node);
        }
    }

    private static bool IsWholePlane(Node node)
    {
        SpatialWindow window = SpatialWindow.OfPool(node, node.Input(0).Shape);
        return window.OutputPixels == 1 && window.Kernel.SequenceEqual(window.Input) && window.PadsBegin.Concat(window.PadsEnd).All(p => p == 0);
    }
}
