using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize.Integers;

/// <summary>Convolutions and matrix products of whole numbers in floats, with what scales and rounds them, become <see cref="IntegerProduct"/>.</summary>
internal static class RecogniseIntegerProducts
{
    // The difference of two bytes; beyond it weights do not come from bytes.
    private const double LargestWeight = 255;

    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is Conv or MatMul or Gemm && GraphEdits.IsLinear(node))
            {
                Rewrite(graph, node);
            }
        }
    }

    private static void Rewrite(Graph graph, Node node)
    {
        bool isConv = node.Operator is Conv;
        int axis = isConv ? 1 : node.Outputs[0].Shape.Rank - 1;
        if ((isConv && node.Input(0).Shape.Rank is not (3 or 4)) || axis < 0 || node.Outputs[0].Shape.Count == 0
            || Weights(node) is not { } weights || !TryBias(node, weights.Shape[0], out Tensor? bias)
            || IntegerPatterns.Tail(graph, node.Outputs[0], axis) is not { } tail || !Finite(tail)
            || IntegerPatterns.Centred(graph, node, node.Input(0)) is not var (bytes, zero))
        {
            return;
        }

        bool signed = tail.Result.Type == ElementType.Int8;
        int more = signed ? 128 : 0;
        ElementType type = signed ? ElementType.UInt8 : tail.Result.Type;
        (Value x, zero) = IntegerPatterns.Unsigned(graph, node, bytes, zero);
        Attributes attributes = (isConv ? node.Attributes.Clone() : new Attributes())
            .Set("x_zero", zero).Set("y_zero", tail.Zero + more).Set("low", tail.Low + more).Set("high", tail.High + more).Set("type", (long)type);
        Value?[] inputs =
        [
            x,
            graph.Constant(node.Name + "_weights", weights),
            bias is null ? null : graph.Constant(node.Name + "_bias", bias),
            tail.Scale is null ? null : graph.Constant(node.Name + "_scale", Tensor.Vector<float>(tail.Scale)),
        ];
        Value result = graph.Insert(node, node.Name, "IntegerProduct", inputs, attributes, domain: Narrow.OwnDomain).Outputs[0];
        graph.Replace(tail.Result, signed ? FlipSign.Add(graph, node, result) : result);
    }

    /// <summary>Constant whole weights as [M, C / group, kernel...] or [N, K], int16; null for others.</summary>
    internal static Tensor? Weights(Node node)
    {
        if (node.ConstantInput(1) is not { Type: ElementType.Float32 or ElementType.Float64 } constant)
        {
            return null;
        }

        double[] values = WholeTensors.Doubles(constant);
        if (values.Any(v => !(Math.Abs(v) <= LargestWeight) || v != Math.Floor(v)))
        {
            return null;
        }

        Shape shape = constant.Shape;
        if (node.Operator is Conv || (node.Operator is Gemm && node.Attributes.Int("transB") != 0))
        {
            return node.Operator is Gemm && !IsPlain(node) ? null : WholeTensors.Tensor(ElementType.Int16, shape, values);
        }

        if (shape.Rank != 2 || !IsPlain(node))
        {
            return null;
        }

        return WholeTensors.Tensor(ElementType.Int16, new Shape(shape[1], shape[0]), MatrixReference.Transpose(values, shape[0], shape[1]));
    }

    private static bool IsPlain(Node node) =>
        node.Operator is MatMul || (node.Attributes.Int("transA") == 0 && node.Attributes.Float("alpha", 1) == 1 && node.Attributes.Float("beta", 1) == 1);

    private static bool TryBias(Node node, int channels, out Tensor? bias)
    {
        bias = null;
        if (node.InputOrNull(2) is not { } given)
        {
            return true;
        }

        if (given.Constant is not { } constant || node.Operator is MatMul)
        {
            return false;
        }

        double[] values = WholeTensors.Doubles(constant);
        bool perPixel = node.Operator is Conv && constant.Shape.Rank > 1;
        if (values.Any(v => !(Math.Abs(v) <= int.MaxValue / 2) || v != Math.Floor(v)) || (!perPixel && values.Length is not 1 && values.Length != channels)
            || (node.Operator is Gemm && values.Length > 1 && constant.Shape[-1] != channels))
        {
            return false;
        }

        values = values.Length == 1 && !perPixel ? [.. Enumerable.Repeat(values[0], channels)] : values;
        bias = WholeTensors.Tensor(ElementType.Int32, perPixel ? constant.Shape : new Shape(channels), values);
        return true;
    }

    private static bool Finite(IntegerTail tail) => tail.Scale is null || tail.Scale.All(float.IsFinite);
}
