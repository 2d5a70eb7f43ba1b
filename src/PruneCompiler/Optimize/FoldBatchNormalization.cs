using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Folds BatchNormalization into the layer in front of it, or into the convolution behind it where no padding is in the way.</summary>
internal static class FoldBatchNormalization
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is not BatchNormalization || BatchNormalization.IsTraining(node) || Line(node) is not var (scale, shift))
            {
                continue;
            }

            if (node.Input(0).Producer is { } layer && layer.Operator is Conv or ConvTranspose or Gemm && GraphEdits.OnlyReader(graph, node.Input(0)) == node
                && LayerScaling.TryFold(graph, layer, scale, shift))
            {
                GraphEdits.TakeOver(graph, layer, node);
            }
            else if (GraphEdits.OnlyReader(graph, node.Outputs[0]) is { Operator: Conv } reader && reader.Input(0) == node.Outputs[0] && TryFoldBehind(graph, reader, scale, shift))
            {
                reader.SetInput(0, node.Input(0));
                graph.Remove(node);
            }
        }
    }

    /// <summary>The normalisation as y = x * scale + shift, or null when its parameters are computed.</summary>
    private static (double[] Scale, double[] Shift)? Line(Node node)
    {
        if (Enumerable.Range(1, 4).Any(i => node.ConstantInput(i) is null))
        {
            return null;
        }

        double[][] p = Enumerable.Range(1, 4).Select(i => WholeTensors.Doubles(node.ConstantInput(i)!)).ToArray();
        double epsilon = node.Attributes.Float("epsilon", 1e-5f);
        double[] scale = [.. p[0].Zip(p[3], (s, v) => s / Math.Sqrt(v + epsilon))];
        double[] shift = [.. p[1].Select((b, c) => b - (p[2][c] * scale[c]))];
        return scale.Concat(shift).All(double.IsFinite) ? (scale, shift) : null;
    }

    // conv(x * scale + shift): the shift of a padded border would be missing, so it must be zero where there is padding.
    private static bool TryFoldBehind(Graph graph, Node conv, double[] scale, double[] shift)
    {
        if (conv.ConstantInput(1) is not { } weights || conv.InputOrNull(2) is { Constant: null or { Shape.Rank: > 1 } })
        {
            return false;
        }

        SpatialWindow window = SpatialWindow.OfConvolution(conv, conv.Input(0).Shape, weights.Shape);
        if (window.PadsBegin.Concat(window.PadsEnd).Any(p => p != 0) && shift.Any(s => s != 0))
        {
            return false;
        }

        Shape w = weights.Shape;
        int filters = w[0], perGroup = w[1], taps = window.Taps, group = (int)conv.Attributes.Int("group", 1);
        double[] values = WholeTensors.Doubles(weights), bias = conv.ConstantInput(2) is { } b ? WholeTensors.Doubles(b) : new double[filters];
        for (int i = 0; i < values.Length; i++)
        {
            int filter = i / (perGroup * taps), channel = (filter / (filters / group) * perGroup) + (i / taps % perGroup);
            bias[filter] += values[i] * shift[channel];
            values[i] *= scale[channel];
        }

        conv.SetInput(1, graph.Constant(conv.Input(1).Name + " scaled", WholeTensors.Tensor(weights.Type, w, values)));
        GraphEdits.SetInput(conv, 2, graph.Constant(conv.Name + " bias", WholeTensors.Tensor(weights.Type, new Shape(filters), bias)));
        return true;
    }
}
