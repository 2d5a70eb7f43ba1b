using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The convolution inside the quantised ones: whole numbers, exact in the float type that it chooses.</summary>
internal static class IntegerConvolution
{
    /// <summary>Shape of the result, by the rules of Conv.</summary>
    public static Shape OutputShape(Conv conv, Node node, Value x, Value w)
    {
        var types = new[] { x, w }.Select(v => new Value(v.Name, new TensorType(ElementType.Float32, v.Shape)));
        var plain = new Node(node.Name, conv, node.Opset, types, [new Value("y")], node.Attributes);
        try
        {
            return conv.Infer(plain)[0].Shape;
        }
        catch (OperatorException e)
        {
            throw new OperatorException(node, e.Why);
        }
    }

    /// <summary>sum of (x - x0) * (w - w0), plus the bias. Padding is the zero point, so it is zero here.</summary>
    public static Value Sums(IntegerArithmetic parts, Node node, Value x, Value? xZero, Value w, Value? wZero, Value? bias)
    {
        int rank = w.Shape.Rank;
        ElementType type = IntegerArithmetic.ExactType(w, checked((int)(w.Shape.Count / Math.Max(1, w.Shape[0]))), bias);
        Value input = parts.Centred(x, parts.Along(xZero, 1, rank), type);
        Value weights = parts.Centred(w, parts.Along(wZero, 0, rank), type);
        Attributes attributes = IntegerArithmetic.Plain(node.Attributes);
        return bias is null ? parts.AddLayer("Conv", attributes, input, weights) : parts.AddLayer("Conv", attributes, input, weights, parts.Cast(bias, type));
    }
}
