using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>(x - zero point) * scale (ONNX DequantizeLinear, opsets 10 to 25).</summary>
public sealed class DequantizeLinear(string domain = "") : AffineQuantization(domain)
{
    /// <inheritdoc/>
    public override string Name => "DequantizeLinear";

    /// <inheritdoc/>
    public override string Expression(Node node)
    {
        string difference = node.InputOrNull(2) is null ? "(cast float32 a)" : "(sub (cast float32 a) (cast float32 c))";
        string product = $"(mul {difference} {(node.Input(1).Type == ElementType.Float32 ? "b" : "(cast float32 b)")})";
        return node.Outputs[0].Type == ElementType.Float32 ? product : $"(cast {node.Outputs[0].Type.Text()} {product})";
    }

    /// <summary>The integers that a node over constants reads, with parameters that broadcast; null for blocks.</summary>
    internal QuantizedOrigin? OriginOf(Node node)
    {
        Tensor whole = node.Input(0).Constant!, scale = node.Input(1).Constant!;
        if (scale.Type != ElementType.Float32 || AlignedShape(node) is not { } shape)
        {
            return null;
        }

        return new QuantizedOrigin(whole, scale.Reshaped(shape), node.ConstantInput(2)?.Reshaped(shape));
    }

    /// <inheritdoc/>
    protected override ElementType ResultType(Node node)
    {
        ElementType type = (ElementType)node.Attributes.Int("output_dtype", (long)node.Input(1).Type);
        return type is ElementType.Float32 or ElementType.Float16 or ElementType.BFloat16 ? type : throw new OperatorException(node, $"cannot dequantise to {type.Text()}");
    }

    /// <inheritdoc/>
    protected override double Real(Node node, ReadOnlySpan<double> x) => (float)(x[0] - (x.Length > 2 ? x[2] : 0)) * (float)x[1];
}
