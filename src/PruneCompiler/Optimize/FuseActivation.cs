using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Applies Relu, Clip and LeakyRelu to sums that are still in registers.</summary>
internal static class FuseActivation
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Inputs.Count > 0 && node.InputOrNull(0)?.Producer is { } layer && GraphEdits.IsProduct(layer) && layer.Outputs[0].Type == ElementType.Float32
                && GraphEdits.OnlyReader(graph, layer.Outputs[0]) == node && Epilogue.Of(layer).IsNone && Of(node, layer) is { } epilogue)
            {
                epilogue.Store(layer);
                GraphEdits.TakeOver(graph, layer, node);
            }
        }
    }

    private static Epilogue? Of(Node node, Node layer)
    {
        const float None = float.PositiveInfinity;
        switch (node.Operator)
        {
            case Relu:
                return new Epilogue(0, None, 1, "Relu");
            case Clip when Clip.ConstantBounds(node) is var (low, high) && low <= high:
                return new Epilogue((float)low, (float)high, 1, low == 0 && high == 6 ? "Relu6" : "Clip");
            case LeakyRelu when layer.Operator is Conv or ConvTranspose:
                return new Epilogue(-None, None, node.Attributes.Float("alpha", 0.01f), "LeakyRelu");
            case PRelu when layer.Operator is Conv or ConvTranspose && node.ConstantInput(1) is { Count: 1 } slope && node.Outputs[0].Shape == layer.Outputs[0].Shape:
                return new Epilogue(-None, None, slope.As<float>()[0], "PRelu");
            default:
                return null;
        }
    }
}
