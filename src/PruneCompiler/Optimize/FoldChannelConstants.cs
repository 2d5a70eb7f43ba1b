using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Folds Add, Sub, Mul and Div by a constant per output channel into the layer in front of them: a bias that was written apart, a scale.</summary>
internal static class FoldChannelConstants
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator.Domain.Length > 0 || node.Operator.Name is not ("Add" or "Sub" or "Mul" or "Div") || node.Inputs.Count != 2)
            {
                continue;
            }

            int at = node.Input(1).Constant is not null ? 0 : 1;
            Value data = node.Input(at);
            if (node.Input(1 - at).Constant is not { } constant || data.Producer is not { } layer || !GraphEdits.IsProduct(layer)
                || GraphEdits.OnlyReader(graph, data) != node || node.Outputs[0].Shape != data.Shape || Values(layer, constant) is not { } values)
            {
                continue;
            }

            double[] ones = [.. Enumerable.Repeat(1.0, values.Length)], zeros = new double[values.Length];
            (double[] Scale, double[] Shift)? line = (node.Operator.Name, at) switch
            {
                ("Add", _) => (ones, values),
                ("Sub", 0) => (ones, [.. values.Select(v => -v)]),
                ("Sub", _) => ([.. ones.Select(_ => -1.0)], values),
                ("Mul", _) => (values, zeros),
                ("Div", 0) when values.All(v => v != 0) => ([.. values.Select(v => 1 / v)], zeros),
                _ => null,
            };
            if (line is var (scale, shift) && scale.All(double.IsFinite) && LayerScaling.TryFold(graph, layer, scale, shift))
            {
                GraphEdits.TakeOver(graph, layer, node);
            }
        }
    }

    // MatMul's channels are its last axis, the others' are axis 1.
    private static double[]? Values(Node layer, Tensor constant)
    {
        Shape result = layer.Outputs[0].Shape;
        if (result.Rank < 2)
        {
            return null;
        }

        return layer.Operator is MatMul ? GraphEdits.PerChannel(constant, new Shape(1, result[-1])) : GraphEdits.PerChannel(constant, result);
    }
}
