using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>
/// Layer and root mean square normalisation as exporters write them for older opsets, in some nine nodes (mean, difference, square, mean, epsilon, root, quotient, scale, bias), become one
/// LayerNormalization or RMSNormalization.
/// </summary>
internal static class RecogniseNormalization
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (IsMean(node) is { } axis && graph.Nodes.Contains(node))
            {
                TryReplace(graph, node, axis);
            }
        }
    }

    private static void TryReplace(Graph graph, Node meanOfSquares, int axis)
    {
        // Up from the mean of squares: the squares, and what is squared.
        if (meanOfSquares.Input(0).Producer is not { } square || GraphEdits.OnlyReader(graph, square.Outputs[0]) is null || Squared(square) is not { } squared || squared.Type != ElementType.Float32)
        {
            return;
        }

        Value x = squared;
        bool centered = squared.Producer is { } difference && IsOf(difference, "Sub") && difference.Input(1).Producer is { } mean && IsMean(mean) == axis && mean.Input(0) == difference.Input(0);
        if (centered)
        {
            x = squared.Producer!.Input(0);
        }

        // Down: epsilon, root, quotient.
        if (GraphEdits.OnlyReader(graph, meanOfSquares.Outputs[0]) is not { } sum || !IsOf(sum, "Add") || Other(sum, meanOfSquares.Outputs[0]) is not { } added || Scalar(added) is not { } epsilon || epsilon < 0
            || GraphEdits.OnlyReader(graph, sum.Outputs[0]) is not { } root || !IsRoot(root)
            || GraphEdits.OnlyReader(graph, root.Outputs[0]) is not { } behind || Quotient(graph, root, behind, squared) is not { } last)
        {
            return;
        }

        if (centered && (graph.Outputs.Contains(squared) || squared.Uses.Any(u => u != square && u != last)))
        {
            return; // the differences are needed anyway
        }

        Shape inner = new(x.Shape.Dims[axis..]);
        Node end = last;
        Tensor? scale = Parameter(graph, ref end, "Mul", inner), bias = centered ? Parameter(graph, ref end, "Add", inner) : null;
        var inputs = new List<Value?> { x, scale is null ? null : graph.Constant(meanOfSquares.Name + " scale", scale), bias is null ? null : graph.Constant(meanOfSquares.Name + " bias", bias) };
        string name = centered ? "LayerNormalization" : "RMSNormalization";
        Node one = graph.Insert(end, last.Name, name, inputs.Take(bias is not null ? 3 : scale is not null ? 2 : 1), new Attributes().Set("axis", axis).Set("epsilon", epsilon));
        graph.Replace(end.Outputs[0], one.Outputs[0]);
        graph.RemoveUnread();
    }

    // First axis of a ReduceMean over all axes from there on, kept with size 1; null for anything else.
    private static int? IsMean(Node node)
    {
        if (!IsOf(node, "ReduceMean") || node.Attributes.Int("keepdims", 1) == 0)
        {
            return null;
        }

        int rank = node.Input(0).Shape.Rank;
        long[]? axes = node.InputOrNull(1) is not null ? node.ConstantInput(1)?.ToInt64Array() : node.Attributes.Ints("axes");
        int[] sorted = [.. (axes ?? []).Select(a => (int)(a < 0 ? a + rank : a)).Order()];
        return sorted.Length > 0 && sorted.SequenceEqual(Enumerable.Range(rank - sorted.Length, sorted.Length)) ? sorted[0] : null;
    }

    private static Value? Squared(Node node) =>
        IsOf(node, "Pow") && node.ConstantInput(1) is { } power && Scalar(power) == 2 ? node.Input(0)
        : IsOf(node, "Mul") && node.Input(0) == node.Input(1) ? node.Input(0)
        : null;

    private static bool IsRoot(Node node) => IsOf(node, "Sqrt") || (IsOf(node, "Pow") && node.ConstantInput(1) is { } power && Scalar(power) == 0.5f);

    // The node that divides `x` by the root, or multiplies it with the root's reciprocal.
    private static Node? Quotient(Graph graph, Node root, Node behind, Value x)
    {
        if (IsOf(behind, "Div") && behind.Input(0) == x && behind.Input(1) == root.Outputs[0])
        {
            return behind;
        }

        bool inverse = IsOf(behind, "Reciprocal") || (IsOf(behind, "Div") && behind.Input(1) == root.Outputs[0] && behind.ConstantInput(0) is { } one && Scalar(one) == 1);
        return inverse && GraphEdits.OnlyReader(graph, behind.Outputs[0]) is { } product && IsOf(product, "Mul")
            && ((product.Input(0) == x && product.Input(1) == behind.Outputs[0]) || (product.Input(1) == x && product.Input(0) == behind.Outputs[0])) ? product : null;
    }

    // A constant over the normalised axes that the only reader of `end` applies, which then is the new end.
    private static Tensor? Parameter(Graph graph, ref Node end, string name, Shape inner)
    {
        Value value = end.Outputs[0];
        if (GraphEdits.OnlyReader(graph, value) is not { } reader || !IsOf(reader, name) || Other(reader, value) is not { } constant || reader.Outputs[0].Shape != value.Shape)
        {
            return null;
        }

        int extra = constant.Shape.Rank - inner.Rank;
        bool fits = constant.Shape.Count == 1 || (constant.Shape.Count == inner.Count && extra >= 0 && new Shape(constant.Shape.Dims[extra..]) == inner);
        if (!fits)
        {
            return null;
        }

        end = reader;
        float[] values = constant.As<float>().ToArray();
        return Tensor.Of(inner, values.Length == 1 ? [.. Enumerable.Repeat(values[0], (int)inner.Count)] : values);
    }

    private static bool IsOf(Node node, string name) => node.Operator.Name == name && node.Operator.Domain.Length == 0;

    // The constant that is the other operand.
    private static Tensor? Other(Node node, Value operand) => node.Input(0) == operand ? node.ConstantInput(1) : node.Input(1) == operand ? node.ConstantInput(0) : null;

    private static float? Scalar(Tensor tensor) => tensor.Shape.Count == 1 ? (float)WholeTensors.Doubles(tensor)[0] : null;
}
