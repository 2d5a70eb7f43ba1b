using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize.Integers;

/// <summary>
/// Products of bytes with constant weights whose zero point is known only in a run (DynamicQuantizeLinear with MatMulInteger): sum of (x - zero) * w is sum of x * w, exact in int32, less zero
/// times the sum of the weights.
/// </summary>
internal static class RecogniseDynamicProducts
{
    // From here on sparse kernels for one vector of floats read fewer bytes than dense ones of integers, where floats are exact.
    private const double MostZeros = 0.75;

    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is MatMul && GraphEdits.IsLinear(node) && node.InputOrNull(2) is null
                && Bytes(node.Input(0)) is var (bytes, zero) && RecogniseIntegerProducts.Weights(node) is { } weights && Pays(node, weights))
            {
                Rewrite(graph, node, bytes, zero, weights);
            }
        }
    }

    private static bool Pays(Node node, Tensor weights) =>
        node.Outputs[0].Shape.Count > 0 && (node.Input(0).Type == ElementType.Float64 || node.Outputs[0].Shape.Count > weights.Shape[0] || weights.As<short>().Count((short)0) < MostZeros * weights.Count);

    private static void Rewrite(Graph graph, Node node, Value bytes, Value zero, Tensor weights)
    {
        int inputs = weights.Shape[1];
        var totals = new int[weights.Shape[0]];
        for (int i = 0; i < weights.Count; i++)
        {
            totals[i / inputs] += weights.As<short>()[i];
        }

        Attributes attributes = new Attributes().Set("x_zero", 0).Set("y_zero", 0).Set("low", 0).Set("high", 0).Set("type", (long)ElementType.Int32);
        Value sums = graph.Insert(node, node.Name, "IntegerProduct", [bytes, graph.Constant(node.Name + "_weights", weights), null, null], attributes, domain: Narrow.OwnDomain).Outputs[0];
        Value shift = Add("Mul", Cast(zero, ElementType.Int32), graph.Constant(node.Name + "_totals", Tensor.Vector<int>(totals)));
        Value result = Add("Sub", sums, shift);

        // What converts the sums converts integers.
        if (IntegerPatterns.Next<Cast>(graph, node.Outputs[0]) is { } cast && cast.Outputs[0].Type is ElementType.Int32 or ElementType.Float32)
        {
            graph.Replace(cast.Outputs[0], Cast(result, cast.Outputs[0].Type));
            graph.Remove(cast);
        }
        else
        {
            graph.Replace(node.Outputs[0], Cast(result, node.Outputs[0].Type));
        }

        graph.Remove(node);

        Value Add(string name, Value a, Value b) => graph.Insert(node, $"{node.Name}_{name}", name, [a, b]).Outputs[0];

        Value Cast(Value value, ElementType type) =>
            value.Type == type ? value : graph.Insert(node, $"{node.Name}_Cast", "Cast", [value], new Attributes().Set("to", (long)type)).Outputs[0];
    }

    // x - zero in floats, with both of them bytes and a single zero.
    private static (Value Bytes, Value Zero)? Bytes(Value value) =>
        value.Producer is { Operator: Sub } difference && difference.Input(1).Constant is null && difference.Input(1).Shape.Count == 1 && difference.Input(0).Shape == value.Shape
        && Byte(difference.Input(0)) is { } bytes && Byte(difference.Input(1)) is { } zero
            ? (bytes, zero)
            : null;

    private static Value? Byte(Value value) => value.Producer is { Operator: Operators.Cast } cast && cast.Input(0).Type == ElementType.UInt8 ? cast.Input(0) : null;
}
