using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import.Quantized;

/// <summary>Operators that only move or select elements work on the integers as well: dequantising then comes behind them. Quantising again with the same parameters undoes it.</summary>
internal static class MovedIntegers
{
    /// <summary>Looks at one node; those before it have been looked at.</summary>
    public static void Run(Graph graph, Node node)
    {
        if (node.Operator is QuantizeLinear)
        {
            Undo(graph, node);
        }
        else if (Moves(node) && node.Input(0).Producer is { Operator: DequantizeLinear } before && Quantisation.Of(graph, node.Input(0)) is { } input)
        {
            var operands = node.Inputs.Select((v, i) => i == 0 ? input.Whole : v);
            Node moved = graph.Insert(node, node.Name, node.Operator.Name, operands, node.Attributes.Clone(), node.Outputs.Count, node.Operator.Domain, node.Opset);
            for (int i = 0; i < node.Outputs.Count; i++)
            {
                IEnumerable<Value?> parameters = before.Inputs.Skip(1);
                Node real = graph.Insert(node, before.Name, before.Operator.Name, [moved.Outputs[i], .. parameters], before.Attributes.Clone(), domain: before.Operator.Domain, opset: before.Opset);
                graph.Replace(node.Outputs[i], real.Outputs[0]);
            }

            graph.Remove(node);
        }
    }

    private static bool Moves(Node node) => node.Operator switch
    {
        ReshapeOperator or Transpose or Slice or Split or DepthToSpace or SpaceToDepth => true,
        MaxPool => node.Outputs.Count == 1, // of integers in the same order; padding never wins
        _ => false,
    };

    private static void Undo(Graph graph, Node node)
    {
        if (Quantisation.Parameters(node) is var (scale, zero) && node.Input(0).Producer is { Operator: DequantizeLinear }
            && Quantisation.Of(graph, node.Input(0)) is { } input && input.Whole.Type == node.Outputs[0].Type && input.Scale == scale && input.Zero == zero)
        {
            graph.Replace(node.Outputs[0], input.Whole);
            graph.Remove(node);
        }
    }
}
