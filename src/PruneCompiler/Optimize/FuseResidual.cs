using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Lets a layer add the other operand of the Add behind it while its sums are still in registers.</summary>
internal static class FuseResidual
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node add in graph.Nodes.ToArray())
        {
            if (add.Operator is not Add || add.Inputs.Count != 2 || add.Input(0) == add.Input(1))
            {
                continue;
            }

            // Of two candidates the later one: the earlier one's result is then read as soon as it is needed.
            foreach (int at in new[] { 0, 1 }.OrderByDescending(i => add.Input(i).Producer is { } p ? graph.Nodes.IndexOf(p) : -1))
            {
                Value sum = add.Input(at), other = add.Input(1 - at);
                if (sum.Producer is { Operator: Conv or Gemm or MatMul } layer && GraphEdits.OnlyReader(graph, sum) == add && GraphEdits.IsLinear(layer)
                    && sum.Type == ElementType.Float32 && other.Shape == sum.Shape && other.Constant is null && layer.Input(1).Constant is not null)
                {
                    // The layer moves to where the operand is known; its own inputs are known by then.
                    graph.Nodes.Remove(layer);
                    graph.Nodes.Insert(graph.Nodes.IndexOf(add), layer);
                    GraphEdits.SetInput(layer, 3, other);
                    GraphEdits.TakeOver(graph, layer, add);
                    break;
                }
            }
        }
    }
}
