using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>Transposed convolution of 1 to 3 dimensions (ONNX ConvTranspose, opsets 1 to 22).</summary>
/// <remarks>X is [N, C, spatial...], W is [C, M / group, kernel...], the bias B is [M].</remarks>
public sealed class ConvTranspose : Operator
{
    /// <inheritdoc/>
    public override string Name => "ConvTranspose";

    /// <inheritdoc/>
    public override ChannelRule Channels => ConvTransposeRule.Instance;

    /// <summary>The geometry, with Input and Output as they are for this node: Output is the larger one.</summary>
    public static SpatialWindow Window(Node node, Shape x, Shape w)
    {
        int rank = x.Rank - 2;
        if (x.Rank is < 3 or > 5 || w.Rank != x.Rank)
        {
            throw new OperatorException(node, $"the input has shape {x} and the weights {w}; batch, channels and one to three spatial axes are supported");
        }

        int[] input = x.Dims[2..].ToArray(), kernel = w.Dims[2..].ToArray(), output = new int[rank];
        int[] strides = SpatialWindow.Ints(node, "strides", rank, node.Attributes.Ints("strides"), 1);
        int[] dilations = SpatialWindow.Ints(node, "dilations", rank, node.Attributes.Ints("dilations"), 1);
        int[] pads = SpatialWindow.Ints(node, "pads", rank * 2, node.Attributes.Ints("pads"), 0, 0);
        int[] extra = SpatialWindow.Ints(node, "output_padding", rank, node.Attributes.Ints("output_padding"), 0, 0);
        long[]? wanted = node.Attributes.Ints("output_shape");
        string automatic = node.Attributes.Text("auto_pad", "NOTSET");
        bool same = automatic is "SAME_UPPER" or "SAME_LOWER";
        int[] begin = pads[..rank], end = pads[rank..];
        if (automatic == "VALID")
        {
            begin = new int[rank];
            end = new int[rank];
        }

        // Files give the whole shape or the spatial part of it.
        wanted = wanted is not null && wanted.Length == x.Rank ? wanted[2..] : wanted;
        if (wanted is not null && wanted.Length != rank)
        {
            throw new OperatorException(node, $"output_shape has {wanted.Length} values where there are {rank} spatial axes");
        }

        for (int i = 0; i < rank; i++)
        {
            long full = ((input[i] - 1L) * strides[i]) + extra[i] + ((kernel[i] - 1L) * dilations[i]) + 1;
            if (wanted is not null || same)
            {
                long size = wanted is not null ? wanted[i] : (long)input[i] * strides[i];
                int total = (int)Math.Clamp(full - size, 0, int.MaxValue / 2);
                begin[i] = automatic == "SAME_UPPER" ? total / 2 : total - (total / 2);
                end[i] = total - begin[i];
                full = wanted is not null ? size + begin[i] + end[i] : full;
            }

            long result = full - begin[i] - end[i];
            if (result is < 1 or > int.MaxValue / 2)
            {
                throw new OperatorException(node, $"the output would have size {result} on spatial axis {i}");
            }

            output[i] = (int)result;
        }

        return new SpatialWindow(input, output, kernel, strides, dilations, begin, end);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        SpatialWindow window = Window(node, x, w);
        long group = node.Attributes.Int("group", 1);
        if (group < 1 || x[1] % group != 0 || x[1] != w[0])
        {
            throw new OperatorException(node, $"{x[1]} input channels do not fit weights of shape {w} in {group} groups");
        }

        int filters = checked(w[1] * (int)group);
        if (node.InputOrNull(2) is { } bias && bias.Shape != new Shape(filters))
        {
            throw new OperatorException(node, $"the bias has shape {bias.Shape} where there are {filters} output channels");
        }

        return [new TensorType(node.Input(0).Type, new Shape([x[0], filters, .. window.Output]))];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!, w = inputs[1]!;
        SpatialWindow window = Window(node, x.Shape, w.Shape), deep = window.InThreeDimensions();
        int group = (int)node.Attributes.Int("group", 1), channels = x.Shape[1], inGroup = channels / group, outGroup = w.Shape[1];
        var shape = new Shape([x.Shape[0], outGroup * group, .. window.Output]);
        double[] pixels = WholeTensors.Doubles(x), weights = WholeTensors.Doubles(w), sums = new double[shape.Count];
        int inputPlane = deep.Input.Aggregate(1, (a, b) => a * b), outputPlane = (int)deep.OutputPixels, taps = deep.Taps;
        for (int n = 0; n < shape[0]; n++)
        {
            for (int c = 0; c < channels; c++)
            {
                for (int o = 0; o < outGroup; o++)
                {
                    int filter = (c / inGroup * outGroup) + o;
                    Scatter(
                        deep,
                        pixels.AsSpan(((n * channels) + c) * inputPlane, inputPlane),
                        weights.AsSpan(((c * outGroup) + o) * taps, taps),
                        sums.AsSpan(((n * shape[1]) + filter) * outputPlane, outputPlane));
                }
            }
        }

        ConvReference.AddBias(sums, shape, outputPlane, inputs.Length > 2 ? inputs[2] : null);
        Epilogue.Of(node).Apply(sums);
        return [WholeTensors.Tensor(x.Type, shape, sums)];
    }

    /// <inheritdoc/>
    public override LayerSize? Measure(Node node)
    {
        Shape x = node.Input(0).Shape, w = node.Input(1).Shape;
        return new LayerSize(x.Count * (w.Count / w[0]), LayerSize.WeightsOf(node.Input(1)), node.Outputs[0].Shape[1]);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) =>
        PlainConv.LowerTransposed(node, Window(node, node.Input(0).Shape, node.Input(1).Shape), lowering);

    private static void Scatter(SpatialWindow window, ReadOnlySpan<double> from, ReadOnlySpan<double> weights, Span<double> to)
    {
        int pixel = 0;
        for (int z = 0; z < window.Input[0]; z++)
        {
            for (int y = 0; y < window.Input[1]; y++)
            {
                for (int x = 0; x < window.Input[2]; x++, pixel++)
                {
                    int tap = 0;
                    for (int kz = 0; kz < window.Kernel[0]; kz++)
                    {
                        int oz = (z * window.Strides[0]) + (kz * window.Dilations[0]) - window.PadsBegin[0];
                        for (int ky = 0; ky < window.Kernel[1]; ky++)
                        {
                            int oy = (y * window.Strides[1]) + (ky * window.Dilations[1]) - window.PadsBegin[1];
                            for (int kx = 0; kx < window.Kernel[2]; kx++, tap++)
                            {
                                int ox = (x * window.Strides[2]) + (kx * window.Dilations[2]) - window.PadsBegin[2];
                                if ((uint)oz < (uint)window.Output[0] && (uint)oy < (uint)window.Output[1] && (uint)ox < (uint)window.Output[2])
                                {
                                    to[(((oz * window.Output[1]) + oy) * window.Output[2]) + ox] += from[pixel] * weights[tap];
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
