using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Keeps track of the integers behind constants that are folded: layers with 8-bit weights are computed from these.</summary>
internal static class Origins
{
    /// <summary>The integers behind the result of a node that is being folded; null where there are none or their scales get mixed.</summary>
    public static QuantizedOrigin? Of(Node node)
    {
        if (node.Operator is DequantizeLinear dequantize)
        {
            return node.Outputs[0].Type == ElementType.Float32 && node.Input(0).Type is ElementType.UInt8 or ElementType.Int8 or ElementType.Int32 ? dequantize.OriginOf(node) : null;
        }

        if (node.Inputs.Count == 0 || node.Inputs[0]?.Origin is not { } origin)
        {
            return null;
        }

        switch (node.Operator)
        {
            case Transpose when origin.Scale.Count == 1 || origin.Scale.Shape.Rank == origin.Whole.Shape.Rank:
                return new QuantizedOrigin(Moved(node, origin.Whole), Moved(node, origin.Scale), origin.Zero is null ? null : Moved(node, origin.Zero));
            case Reshape or Flatten or Squeeze or Unsqueeze when origin.Scale.Count == 1:
                return origin with { Whole = origin.Whole.Reshaped(node.Outputs[0].Shape) };
            case Identity:
                return origin;
            default:
                return null;
        }
    }

    private static Tensor Moved(Node node, Tensor tensor) => tensor.Count == 1 ? tensor : node.Operator.Evaluate(node, [tensor])[0];
}
