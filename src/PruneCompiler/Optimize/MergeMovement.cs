using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Makes one Transpose of two, and one Reshape of two (Flatten, Squeeze and Unsqueeze are reshapes too).</summary>
internal static class MergeMovement
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        IReadOnlyDictionary<Value, DynamicSize> dynamic = DynamicSizes.Of(graph);
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.InputOrNull(0)?.Producer is not { } before || dynamic.ContainsKey(node.Input(0)))
            {
                continue;
            }

            Value? merged = (before.Operator, node.Operator) switch
            {
                (Transpose, Transpose) => Transposed(graph, before, node),
                (ReshapeOperator, ReshapeOperator) => Reshaped(graph, before, node),
                _ => null,
            };
            if (merged is not null)
            {
                graph.Replace(node.Outputs[0], merged);
                graph.Remove(node);
            }
        }

        graph.RemoveUnread();
    }

    private static Value Transposed(Graph graph, Node first, Node second)
    {
        int[] inner = Transpose.Order(first), order = Array.ConvertAll(Transpose.Order(second), axis => inner[axis]);
        return order.SequenceEqual(Enumerable.Range(0, order.Length))
            ? first.Input(0)
            : graph.Insert(second, second.Name, "Transpose", [first.Input(0)], new Attributes().Set("perm", order)).Outputs[0];
    }

    private static Value Reshaped(Graph graph, Node first, Node second)
    {
        if (first.Input(0).Shape == second.Outputs[0].Shape)
        {
            return first.Input(0);
        }

        Value shape = graph.Constant(second.Name + "_shape", Tensor.Vector<long>(Array.ConvertAll(second.Outputs[0].Shape.Dims.ToArray(), d => (long)d)));
        return graph.Insert(second, second.Name, "Reshape", [first.Input(0), shape], new Attributes().Set("allowzero", 1L)).Outputs[0];
    }
}
