using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>
/// Turns a transposed convolution of two dimensions into a convolution without stride: output pixel s * q + r - pad depends on input pixels q, q - 1 ... and on every s-th
/// weight from r on, so that the s * s phases of the output are channels of one convolution, which DepthToSpace interleaves. No multiplication by an inserted zero remains.
/// </summary>
internal static class RewriteConvTranspose
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is ConvTranspose && node.Input(0).Shape.Rank == 4 && node.Input(0).Type == ElementType.Float32 && node.ConstantInput(1) is not null
                && node.InputOrNull(2) is null or { Constant.Shape.Rank: 1 })
            {
                TryRewrite(graph, node);
            }
        }
    }

    private static void TryRewrite(Graph graph, Node node)
    {
        Tensor weights = node.ConstantInput(1)!;
        SpatialWindow window = ConvTranspose.Window(node, node.Input(0).Shape, weights.Shape);
        int stride = window.Strides[0];
        if (window.Strides[1] != stride || (stride > 1 && window.Dilations.Any(d => d > 1)))
        {
            return;
        }

        Axis rows = Axis.Of(window, 0), columns = Axis.Of(window, 1);
        long group = node.Attributes.Int("group", 1);
        var attributes = new Attributes().Set("group", group).Set("pads", new long[] { rows.Begin, columns.Begin, rows.End, columns.End }).Set("dilations", window.Dilations);
        Value? bias = node.ConstantInput(2) is { } b ? graph.Constant(node.Name + " bias", Repeated(b, stride * stride)) : null;
        Value w = graph.Constant(node.Input(1).Name + " phases", Phases(weights, (int)group, stride, rows.Taps, columns.Taps));
        Node conv = graph.Insert(node, node.Name, "Conv", [node.Input(0), w, bias], attributes);
        Epilogue.Of(node).Store(conv);
        Value result = conv.Outputs[0];
        if (stride > 1)
        {
            result = graph.Insert(node, node.Name + " interleaved", "DepthToSpace", [result], new Attributes().Set("blocksize", stride).Set("mode", "CRD")).Outputs[0];
        }

        if (result.Shape != node.Outputs[0].Shape)
        {
            Value Constant(string stem, params long[] values) => graph.Constant($"{node.Name} {stem}", Tensor.Vector<long>(values));
            Value starts = Constant("starts", rows.Crop, columns.Crop), ends = Constant("ends", rows.Crop + window.Output[0], columns.Crop + window.Output[1]);
            result = graph.Insert(node, node.Name + " cropped", "Slice", [result, starts, ends, Constant("axes", 2, 3)]).Outputs[0];
        }

        if (result.Shape != node.Outputs[0].Shape)
        {
            throw new InvalidOperationException($"'{node.Name}': rewritten to shape {result.Shape} instead of {node.Outputs[0].Shape}");
        }

        graph.Replace(node.Outputs[0], result);
        graph.Remove(node);
    }

    // [C, M / group, kh, kw] to [M * s * s, C / group, taps, taps]: phase r has weights r, r + s ..., in falling order.
    private static Tensor Phases(Tensor weights, int group, int stride, int tapsY, int tapsX)
    {
        Shape w = weights.Shape;
        int inGroup = w[0] / group, outGroup = w[1];
        var result = new Tensor(weights.Type, new Shape(outGroup * group * stride * stride, inGroup, tapsY, tapsX));
        ReadOnlySpan<float> from = weights.As<float>();
        Span<float> to = result.As<float>();
        int at = 0;
        for (int o = 0; o < outGroup * group; o++)
        {
            for (int phase = 0; phase < stride * stride; phase++)
            {
                for (int c = 0; c < inGroup; c++)
                {
                    for (int u = 0; u < tapsY; u++)
                    {
                        int ky = (stride * (tapsY - 1 - u)) + (phase / stride);
                        for (int v = 0; v < tapsX; v++, at++)
                        {
                            int kx = (stride * (tapsX - 1 - v)) + (phase % stride);
                            int channel = (o / outGroup * inGroup) + c;
                            to[at] = ky < w[2] && kx < w[3] ? from[(((((channel * outGroup) + (o % outGroup)) * w[2]) + ky) * w[3]) + kx] : 0;
                        }
                    }
                }
            }
        }

        return result;
    }

    private static Tensor Repeated(Tensor bias, int times) =>
        Tensor.Of<float>(new Shape(bias.Count * times), bias.As<float>().ToArray().SelectMany(v => Enumerable.Repeat(v, times)).ToArray());

    /// <summary>One spatial axis: the convolution's taps and pads, and how much of the interleaved result lies in front of the output.</summary>
    private readonly record struct Axis(int Taps, long Begin, long End, long Crop)
    {
        public static Axis Of(SpatialWindow window, int axis)
        {
            int stride = window.Strides[axis], kernel = window.Kernel[axis], pad = window.PadsBegin[axis], output = window.Output[axis];
            int taps = (kernel + stride - 1) / stride, reach = (taps - 1) * window.Dilations[axis];

            // Outputs begin at q = pad / stride; fewer zeros in front compute no q before it.
            int begin = Math.Max(0, reach - (pad / stride)), skipped = reach - begin;
            int last = (pad + output - 1) / stride;
            long end = last + 1L - window.Input[axis];
            return new Axis(taps, begin, Math.Max(0, end), pad - ((long)stride * skipped));
        }
    }
}
