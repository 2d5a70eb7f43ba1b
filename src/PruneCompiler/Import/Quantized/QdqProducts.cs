using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import.Quantized;

/// <summary>Convolutions and matrix products of dequantised activations with constant 8-bit weights.</summary>
internal static class QdqProducts
{
    /// <summary>Conv as QLinearConv.</summary>
    public static (Value From, Node To)? Convolution(Graph graph, Node node)
    {
        int filters = node.Outputs[0].Shape[1];
        if (Weights.Of(node, filters, axis: 0) is not { } weights || Quantisation.Of(graph, node.Input(0)) is not { } x || QuantisedTail.Of(graph, node.Outputs[0]) is not { } tail
            || !weights.Fit(x) || !TryBias(node, weights, x, filters, out Tensor? bias))
        {
            return null;
        }

        return (tail.Node.Outputs[0], Insert(graph, node, "QLinearConv", "", Bounded(node.Attributes, tail), Operands(graph, node, x, weights, tail, bias)));
    }

    /// <summary>MatMul with a constant matrix as QLinearMatMul, or as MatMulIntegerToFloat where the result is not quantised.</summary>
    public static (Value From, Node To)? MatMul(Graph graph, Node node)
    {
        if (node.Input(1).Shape.Rank != 2 || Weights.Of(node, node.Input(1).Shape[1], axis: 1) is not { } weights || Quantisation.Of(graph, node.Input(0)) is not { } x || !weights.Fit(x))
        {
            return null;
        }

        if (QuantisedTail.Of(graph, node.Outputs[0]) is { } tail)
        {
            return (tail.Node.Outputs[0], Insert(graph, node, "QLinearMatMul", "", Bounded(new Attributes(), tail), Operands(graph, node, x, weights, tail, null)[..8]));
        }

        Value?[] operands =
        [
            x.Whole, weights.Whole(graph, node), Quantisation.ScaleOf(graph, node.Name, x.Scale), graph.Constant(node.Name + "_scale", weights.Scales),
            Quantisation.ZeroPoint(graph, node.Name, x.Whole.Type, x.Zero), weights.Zero(graph, node),
        ];
        return (node.Outputs[0], Insert(graph, node, "MatMulIntegerToFloat", "com.microsoft", new Attributes(), operands));
    }

    /// <summary>Gemm as QGemm.</summary>
    public static (Value From, Node To)? Gemm(Graph graph, Node node)
    {
        bool transposed = node.Attributes.Int("transB") != 0;
        int columns = node.Outputs[0].Shape[1];
        if (node.Attributes.Int("transA") != 0 || node.Attributes.Float("alpha", 1) != 1 || (node.InputOrNull(2) is not null && node.Attributes.Float("beta", 1) != 1)
            || Weights.Of(node, columns, transposed ? 0 : 1) is not { } weights || Quantisation.Of(graph, node.Input(0)) is not { } x || !weights.Fit(x)
            || !TryBias(node, weights, x, columns, out Tensor? bias))
        {
            return null;
        }

        QuantisedTail? tail = QuantisedTail.Of(graph, node.Outputs[0]);
        Attributes attributes = new Attributes().Set("transB", transposed ? 1 : 0);
        Value?[] all = Operands(graph, node, x, weights, tail, bias);
        Value?[] operands = tail is null ? [.. all[..6], all[8]] : [.. all[..6], all[8], all[6], all[7]]; // QGemm has the bias in front of y's parameters
        return (tail?.Node.Outputs[0] ?? node.Outputs[0], Insert(graph, node, "QGemm", "com.microsoft", tail is null ? attributes : Bounded(attributes, tail), operands));
    }

    private static Value?[] Operands(Graph graph, Node node, Quantisation x, Weights weights, QuantisedTail? tail, Tensor? bias) =>
    [
        x.Whole,
        Quantisation.ScaleOf(graph, node.Name, x.Scale),
        Quantisation.ZeroPoint(graph, node.Name, x.Whole.Type, x.Zero),
        weights.Whole(graph, node),
        graph.Constant(node.Name + "_scale", weights.Scales),
        weights.Zero(graph, node),
        tail is null ? null : Quantisation.ScaleOf(graph, node.Name, tail.Scale),
        tail is null ? null : Quantisation.ZeroPoint(graph, node.Name, tail.Type, tail.Zero),
        bias is null ? null : graph.Constant(node.Name + "_bias", bias),
    ];

    private static Node Insert(Graph graph, Node node, string name, string domain, Attributes attributes, Value?[] operands) =>
        graph.Insert(node, node.Name, name, operands, attributes, domain: domain, opset: node.Opset);

    /// <summary>Attributes with the bounds that come from a Relu or Clip; no file has them.</summary>
    private static Attributes Bounded(Attributes attributes, QuantisedTail tail) => attributes.Clone().Set(IntegerArithmetic.Low, tail.Low).Set(IntegerArithmetic.High, tail.High);

    // The bias in steps of x's scale times the weights': the integers that it was dequantised from, or else the nearest.
    private static bool TryBias(Node node, Weights weights, Quantisation x, int channels, out Tensor? bias)
    {
        bias = null;
        if (node.InputOrNull(2) is not { } given)
        {
            return true;
        }

        if (given.Constant is not { Type: ElementType.Float32 } constant || constant.Count != channels)
        {
            return false;
        }

        ReadOnlySpan<float> values = constant.As<float>(), scales = weights.Scales.As<float>();
        var steps = new int[channels];
        for (int i = 0; i < channels; i++)
        {
            float scale = x.Scale * scales[scales.Length == 1 ? 0 : i];
            double step = Math.Round(values[i] / (double)scale, MidpointRounding.ToEven);
            if (!(Math.Abs(step) <= int.MaxValue))
            {
                return false;
            }

            steps[i] = (int)step;
        }

        bias = given.Origin is { Whole: { Type: ElementType.Int32 } whole } && whole.ToInt64Array().Zip(steps, (a, b) => Math.Abs(a - b) <= 1 + Math.Abs(a * 1e-6)).All(near => near)
            ? whole.Reshaped(new Shape(channels))
            : Tensor.Vector<int>(steps);
        return true;
    }

    /// <summary>Constant weights as integers, with one scale or one for each output channel.</summary>
    private sealed record Weights(Tensor Integers, Tensor Scales, Tensor? ZeroPoints)
    {
        public static Weights? Of(Node node, int channels, int axis)
        {
            if (node.Input(1).Origin is not { } origin || !Quantisation.IsByte(origin.Whole.Type))
            {
                return null;
            }

            Shape scale = origin.Scale.Shape;
            bool perChannel = scale.Rank == origin.Whole.Shape.Rank && scale.Count == channels && scale[axis] == channels;
            if (origin.Scale.Count != 1 && !perChannel)
            {
                return null;
            }

            var shape = origin.Scale.Count == 1 ? Shape.Scalar : new Shape(channels);
            return new Weights(origin.Whole, origin.Scale.Reshaped(shape), origin.Zero?.Reshaped(shape));
        }

        // All factors are ordinary numbers, so that every layer has a finite result.
        public bool Fit(Quantisation x)
        {
            foreach (float scale in Scales.As<float>())
            {
                if (!(scale > 0) || !float.IsNormal(x.Scale * scale))
                {
                    return false;
                }
            }

            return true;
        }

        public Value Whole(Graph graph, Node node) => graph.Constant(node.Name + "_weights", Integers);

        public Value Zero(Graph graph, Node node) => graph.Constant(node.Name + "_weights_zero_point", ZeroPoints ?? new Tensor(Integers.Type, Scales.Shape));
    }
}
