using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize.Integers;

/// <summary>Changes between int8 and uint8 go behind what only moves bytes or picks the largest, and undo each other there.</summary>
internal static class MoveFlips
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Inputs.Count == 0 || node.Input(0).Producer is not { Operator: FlipSign } flip)
            {
                continue;
            }

            Value bytes = flip.Input(0);
            if (node.Operator is FlipSign)
            {
                graph.Replace(node.Outputs[0], bytes);
            }
            else if (bytes.Type == ElementType.UInt8 && node.Outputs.Count == 1 && node.Operator is ReshapeOperator or Transpose or Slice or Narrow or MaxPool or DepthToSpace or SpaceToDepth)
            {
                var operands = node.Inputs.Select((v, i) => i == 0 ? bytes : v);
                Node moved = graph.Insert(node, node.Name, node.Operator.Name, operands, node.Attributes.Clone(), domain: node.Operator.Domain, opset: node.Opset);
                graph.Replace(node.Outputs[0], FlipSign.Add(graph, node, moved.Outputs[0]));
            }
        }

        graph.RemoveUnread();
    }
}
