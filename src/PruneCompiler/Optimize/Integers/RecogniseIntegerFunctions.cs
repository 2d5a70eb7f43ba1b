using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize.Integers;

/// <summary>Scaled sums, products and means of bytes in floats become <see cref="IntegerAdd"/>, <see cref="IntegerMul"/> and <see cref="IntegerMean"/>.</summary>
internal static class RecogniseIntegerFunctions
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is Add)
            {
                RewriteSum(graph, node);
            }
            else if (node.Operator is Mul)
            {
                RewriteProduct(graph, node);
            }
            else if (node.Operator.Name == "ReduceSum" && node.Operator.Domain.Length == 0)
            {
                RewriteMean(graph, node);
            }
        }
    }

    // a * left + (b * right + offset)
    private static void RewriteSum(Graph graph, Node node)
    {
        if (node.Outputs[0].Type != ElementType.Float32 || node.Inputs.Count < 2)
        {
            return;
        }

        Node? widen = node.Input(1).Producer is { Operator: Widen } found ? found : null;
        if ((widen?.Input(0) ?? node.Input(1)).Producer is not { Operator: Add } inner || Single(inner.Input(1)) is not { } offset
            || IntegerPatterns.Rounded(graph, node.Outputs[0]) is not (var result, 0, var low, var high)
            || Factor(graph, node, inner.Input(0)) is not var (b, right) || Factor(graph, node, node.Input(0)) is not var (a, left))
        {
            return;
        }

        b = widen is null ? b : WidenedBytes.Of(graph, node, widen, b, right, offset) ?? b;
        if (a.Shape != b.Shape || a.Shape != node.Outputs[0].Shape)
        {
            return;
        }

        (Value x, int less) = IntegerPatterns.Unsigned(graph, node, a, 0);
        (Value y, int otherLess) = IntegerPatterns.Unsigned(graph, node, b, 0);
        bool signed = result.Type == ElementType.Int8;
        Attributes attributes = new Attributes().Set("left", left).Set("right", right).Set("offset", offset).Set("a_less", less).Set("b_less", otherLess)
            .Set("y_more", signed ? 128 : 0).Set("low", low).Set("high", high);
        Value sum = graph.Insert(node, node.Name, "IntegerAdd", [x, y], attributes, domain: Narrow.OwnDomain).Outputs[0];
        graph.Replace(result, signed ? FlipSign.Add(graph, node, sum) : sum);
    }

    // (a - zero) * (b - zero) * factor
    private static void RewriteProduct(Graph graph, Node node)
    {
        if (node.Outputs[0].Type != ElementType.Float32 || node.Input(0).Producer is not { Operator: Mul } product || Single(node.Input(1)) is not { } factor
            || IntegerPatterns.Rounded(graph, node.Outputs[0]) is not var (result, resultZero, low, high)
            || IntegerPatterns.Centred(graph, node, product.Input(0)) is not var (a, aZero) || IntegerPatterns.Centred(graph, node, product.Input(1)) is not var (b, bZero))
        {
            return;
        }

        if (a.Shape != node.Outputs[0].Shape)
        {
            (a, aZero, b, bZero) = (b, bZero, a, aZero);
        }

        if (a.Shape != node.Outputs[0].Shape || !IntegerMul.Fits(a.Shape, b.Shape))
        {
            return;
        }

        int more = result.Type == ElementType.Int8 ? 128 : 0;
        (Value x, aZero) = IntegerPatterns.Unsigned(graph, node, a, aZero);
        (Value y, bZero) = IntegerPatterns.Unsigned(graph, node, b, bZero);
        Attributes attributes = new Attributes().Set("factor", factor).Set("a_zero", aZero).Set("b_zero", bZero).Set("y_zero", resultZero + more).Set("low", low + more).Set("high", high + more);
        Value bytes = graph.Insert(node, node.Name, "IntegerMul", [x, y], attributes, domain: Narrow.OwnDomain).Outputs[0];
        graph.Replace(result, more > 0 ? FlipSign.Add(graph, node, bytes) : bytes);
    }

    private static void RewriteMean(Graph graph, Node node)
    {
        Shape x = node.Input(0).Shape, y = node.Outputs[0].Shape;
        if (x.Rank is not (3 or 4) || y.Rank != x.Rank || y[0] != x[0] || y[1] != x[1] || y.Count != (long)y[0] * y[1] || x.Count == 0
            || node.ConstantInput(1) is not { } axes || !axes.ToInt64Array().Select(a => a < 0 ? a + x.Rank : a).Order().SequenceEqual(Enumerable.Range(2, x.Rank - 2).Select(a => (long)a))
            || IntegerPatterns.Tail(graph, node.Outputs[0], 1) is not { Scale: { } scale, Result.Type: ElementType.UInt8 or ElementType.Int8 } tail || scale.Any(s => s != scale[0] || !float.IsFinite(s))
            || IntegerPatterns.Centred(graph, node, node.Input(0)) is not var (bytes, zero))
        {
            return;
        }

        int more = tail.Result.Type == ElementType.Int8 ? 128 : 0;
        (Value pixels, zero) = IntegerPatterns.Unsigned(graph, node, bytes, zero);
        Attributes attributes = new Attributes().Set("factor", scale[0]).Set("x_zero", zero).Set("y_zero", tail.Zero + more).Set("low", tail.Low + more).Set("high", tail.High + more);
        Value mean = graph.Insert(node, node.Name, "IntegerMean", [pixels], attributes, domain: Narrow.OwnDomain).Outputs[0];
        graph.Replace(tail.Result, more > 0 ? FlipSign.Add(graph, node, mean) : mean);
    }

    // A byte value times a number, channels that pruning took out of it put back.
    private static (Value Bytes, float Factor)? Factor(Graph graph, Node before, Value value)
    {
        if (value.Producer is { Operator: Widen } widen)
        {
            return Factor(graph, before, widen.Input(0)) is var (few, itsFactor) && WidenedBytes.Of(graph, before, widen, few, itsFactor, null) is { } all ? (all, itsFactor) : null;
        }

        return value.Producer is { Operator: Mul } product && Single(product.Input(1)) is { } factor && product.Input(0).Producer is { Operator: Cast } cast
            && cast.Input(0).Type is ElementType.UInt8 or ElementType.Int8 && product.Input(0).Shape == value.Shape
                ? (cast.Input(0), factor)
                : null;
    }

    private static float? Single(Value value) => value.Constant is { Count: 1, Type: ElementType.Float32 } constant && float.IsFinite(constant.As<float>()[0]) ? constant.As<float>()[0] : null;
}
