using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import.Quantized;

/// <summary>Sums, products and means of dequantised values whose result is quantised.</summary>
internal static class QdqFunctions
{
    /// <summary>Add or Mul as QLinearAdd or QLinearMul.</summary>
    public static (Value From, Node To)? Binary(Graph graph, Node node)
    {
        if (node.Inputs.Count != 2 || Quantisation.Of(graph, node.Input(0)) is not { } a || Quantisation.Of(graph, node.Input(1)) is not { } b
            || QuantisedTail.Of(graph, node.Outputs[0]) is not { } tail)
        {
            return null;
        }

        return (tail.Node.Outputs[0], Insert(graph, node, "QLinear" + node.Operator.Name, tail, a, b));
    }

    /// <summary>The mean of each plane as QLinearGlobalAveragePool.</summary>
    public static (Value From, Node To)? Mean(Graph graph, Node node)
    {
        if (node.Operator is AveragePool && !IsWhole(node))
        {
            return null;
        }

        return Quantisation.Of(graph, node.Input(0)) is { } x && QuantisedTail.Of(graph, node.Outputs[0]) is { } tail
            ? (tail.Node.Outputs[0], Insert(graph, node, "QLinearGlobalAveragePool", tail, x))
            : null;
    }

    private static Node Insert(Graph graph, Node node, string name, QuantisedTail tail, params Quantisation[] operands)
    {
        List<Value?> inputs = [];
        foreach (Quantisation operand in operands)
        {
            inputs.AddRange([operand.Whole, Quantisation.ScaleOf(graph, node.Name, operand.Scale), Quantisation.ZeroPoint(graph, node.Name, operand.Whole.Type, operand.Zero)]);
        }

        inputs.AddRange([Quantisation.ScaleOf(graph, node.Name, tail.Scale), Quantisation.ZeroPoint(graph, node.Name, tail.Type, tail.Zero)]);
        Attributes bounds = new Attributes().Set(IntegerArithmetic.Low, tail.Low).Set(IntegerArithmetic.High, tail.High);
        return graph.Insert(node, node.Name, name, inputs, bounds, domain: "com.microsoft");
    }

    private static bool IsWhole(Node node)
    {
        SpatialWindow window = SpatialWindow.OfPool(node, node.Input(0).Shape);
        return window.Kernel.SequenceEqual(window.Input) && window.PadsBegin.Concat(window.PadsEnd).All(p => p == 0) && window.OutputPixels == 1;
    }
}
