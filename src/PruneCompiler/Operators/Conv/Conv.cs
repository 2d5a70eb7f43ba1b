using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>Convolution of 1 to 3 dimensions (ONNX Conv, opsets 1 to 22).</summary>
/// <remarks>
/// X is [N, C, spatial...], W is [M, C / group, kernel...], the bias B is [M]. Fusion adds two things that no file has: a bias of
/// shape [1, M, spatial...], one for each pixel, and a fourth input of the output's shape that is added before the activation
/// of <see cref="Epilogue"/>.
/// </remarks>
public sealed class Conv : Operator
{
    /// <summary>Place of the residual operand among the inputs.</summary>
    public const int ResidualInput = 3;

    /// <inheritdoc/>
    public override string Name => "Conv";

    /// <inheritdoc/>
    public override ChannelRule Channels => ConvRule.Instance;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        long group = node.Attributes.Int("group", 1);
        if (w.Rank != x.Rank)
        {
            throw new OperatorException(node, $"the weights of shape {w} do not have the rank of the input {x}");
        }

        SpatialWindow window = SpatialWindow.OfConvolution(node, x, w);
        if (group < 1 || w[0] % group != 0 || x[1] != w[1] * group)
        {
            throw new OperatorException(node, $"{x[1]} input channels do not fit weights of shape {w} in {group} groups");
        }

        var result = new Shape([x[0], w[0], .. window.Output]);
        if (node.InputOrNull(2) is { } bias && bias.Shape != new Shape(w[0]) && bias.Shape != result.With(0, 1))
        {
            throw new OperatorException(node, $"the bias has shape {bias.Shape} where there are {w[0]} output channels");
        }

        return [new TensorType(node.Input(0).Type, result)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => [ConvReference.Run(node, inputs)];

    /// <inheritdoc/>
    public override LayerSize? Measure(Node node)
    {
        Shape w = node.Input(1).Shape, y = node.Outputs[0].Shape;
        return new LayerSize(y.Count * (w.Count / w[0]), LayerSize.WeightsOf(node.Input(1)), y[1]);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        if (MatrixLayer.IsWholeInput(node))
        {
            MatrixProduct.Lower(MatrixLayer.OfConv(node, lowering), lowering);
        }
        else if (DepthwiseConv.Applies(node))
        {
            DepthwiseConv.Lower(node, lowering);
        }
        else if (PanelConv.Applies(node))
        {
            PanelConv.Lower(node, lowering);
        }
        else if (node.Input(0).Type == ElementType.Float32 && node.Input(1).Constant is null && node.Outputs[0].Shape.Count > 0)
        {
            PlainConv.LowerComputed(node, lowering);
        }
        else
        {
            PlainConv.Lower(node, lowering);
        }
    }
}
