using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>What fusion passes have in common.</summary>
internal static class GraphEdits
{
    /// <summary>The only reader of a value, when it has one reader and does not leave the graph.</summary>
    public static Node? OnlyReader(Graph graph, Value value) => value.Uses.Count == 1 && !graph.Outputs.Contains(value) && graph.Nodes.Contains(value.Uses[0]) ? value.Uses[0] : null;

    /// <summary>True for the layers that take a fused bias, residual and activation.</summary>
    public static bool IsProduct(Node node) => node.Operator is Conv or ConvTranspose or Gemm or MatMul;

    /// <summary>True when nothing is fused behind the layer's bias yet, so that its result is a linear function of weights and bias.</summary>
    public static bool IsLinear(Node node) => node.InputOrNull(3) is null && Epilogue.Of(node).IsNone;

    /// <summary>Lets a layer take over the result of the node behind it, which leaves the graph.</summary>
    public static void TakeOver(Graph graph, Node layer, Node behind)
    {
        graph.Replace(behind.Outputs[0], layer.Outputs[0]);
        graph.Remove(behind);
    }

    /// <summary>Sets an input, appending left-out ones as needed.</summary>
    public static void SetInput(Node node, int index, Value? value)
    {
        while (node.Inputs.Count <= index)
        {
            node.AddInput(null);
        }

        node.SetInput(index, value);
    }

    /// <summary>
    /// A constant that broadcasts to [N, C, spatial...] or [M, C] and differs by channel only, as one value per channel; null when it is something else.
    /// </summary>
    public static double[]? PerChannel(Tensor constant, Shape shape)
    {
        int channels = shape[1], rank = constant.Shape.Rank, axis = rank - (shape.Rank - 1);
        for (int i = 0; i < rank; i++)
        {
            if (constant.Shape[i] != 1 && (i != axis || constant.Shape[i] != channels))
            {
                return null;
            }
        }

        if (rank > shape.Rank)
        {
            return null;
        }

        double[] values = WholeTensors.Doubles(constant);
        return values.Length == channels ? values : values.Length == 1 ? [.. Enumerable.Repeat(values[0], channels)] : null;
    }
}
