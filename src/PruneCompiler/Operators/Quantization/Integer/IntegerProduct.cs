using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>A convolution or matrix product of bytes with constant whole weights, summed exactly in int32; made by the optimiser, never read from a file.</summary>
/// <remarks>
/// Inputs: x (uint8) of [N, C, spatial...], or [..., K] for a matrix; w (int16, -255 to 255) of [M, C / group, kernel...] or [N, K]; a bias (int32) of one value
/// for each output channel, or [1, M, spatial...]; a scale (float32) for each output channel, absent where the sums are the result.
/// s = sum of (x - x_zero) * w, plus bias. Type uint8: clamp(round(s * scale) + y_zero, low, high); float32: s * scale; int32: s.
/// Attributes: Conv's, and x_zero, y_zero, low, high, type.
/// </remarks>
public sealed class IntegerProduct : Operator
{
    private static readonly Conv Conv = new();

    /// <inheritdoc/>
    public override string Name => "IntegerProduct";

    /// <inheritdoc/>
    public override string Domain => Narrow.OwnDomain;

    /// <summary>True for matrix products, false for convolutions.</summary>
    public static bool IsMatrix(Node node) => node.Input(1).Shape.Rank == 2;

    /// <summary>The same convolution over floats, for its geometry; a matrix product is one of 1 x 1 over rows of pixels.</summary>
    internal static Node AsConv(Node node)
    {
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        if (IsMatrix(node))
        {
            (x, w) = (new Shape(checked((int)(x.Count / Math.Max(1, w[1]))), w[1], 1), new Shape(w[0], w[1], 1));
        }

        Value Operand(string name, Shape shape) => new(name, new TensorType(ElementType.Float64, shape));
        return new Node(node.Name, Conv, node.Opset, [Operand("x", x), Operand("w", w)], [new Value("y")], node.Attributes);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape shape = Conv.Infer(AsConv(node))[0].Shape;
        if (IsMatrix(node))
        {
            shape = node.Input(0).Shape.With(node.Input(0).Shape.Rank - 1, node.Input(1).Shape[0]);
        }

        return [new TensorType((ElementType)node.Attributes.Int("type"), shape)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Node conv = AsConv(node);
        double zero = node.Attributes.Int("x_zero");
        double[] centred = Array.ConvertAll(WholeTensors.Doubles(inputs[0]!), v => v - zero);
        Tensor x = WholeTensors.Tensor(ElementType.Float64, conv.Input(0).Shape, centred);
        Tensor w = WholeTensors.Tensor(ElementType.Float64, conv.Input(1).Shape, WholeTensors.Doubles(inputs[1]!));
        Tensor? bias = inputs.Length > 2 && inputs[2] is { } b ? WholeTensors.Tensor(ElementType.Float64, b.Shape, WholeTensors.Doubles(b)) : null;
        Tensor exact = ConvReference.Run(conv, [x, w, bias]); // sums of whole numbers below 2^53
        Tensor? scale = inputs.Length > 3 ? inputs[3] : null;
        var result = new Tensor(node.Outputs[0].Type, node.Outputs[0].Shape);
        int plane = exact.Count / Math.Max(1, exact.Shape[0] * exact.Shape[1]), channels = exact.Shape[1];
        ReadOnlySpan<double> sums = exact.As<double>();
        for (int i = 0; i < sums.Length; i++)
        {
            Numbers.WriteFloat(result, i, scale is null ? sums[i] : Scaled(node, (float)sums[i] * scale.As<float>()[i / plane % channels]));
        }

        return [result];
    }

    /// <inheritdoc/>
    public override LayerSize? Measure(Node node)
    {
        Shape w = node.Input(1).Shape, y = node.Outputs[0].Shape;
        return new LayerSize(y.Count * (w.Count / Math.Max(1, w[0])), w.Count, w[0]);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => IntegerLayer.Lower(node, lowering);

    private static double Scaled(Node node, float value) => node.Outputs[0].Type == ElementType.Float32
        ? value
        : Math.Clamp(MathF.Round(value, MidpointRounding.ToEven) + node.Attributes.Int("y_zero"), node.Attributes.Int("low"), node.Attributes.Int("high"));
}
