using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>
/// Turns a transposed convolution of one or two dimensions into a convolution without stride: output pixel s * q + r - pad depends on input pixels q, q - 1 ... and on every s-th
/// weight from r on, so that the phases of the output are channels of one convolution, which are interleaved behind it. No multiplication by an inserted zero remains. One dimension is two of which one has size 1.
/// </summary>
internal static class RewriteConvTranspose
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is ConvTranspose && node.Input(0).Shape.Rank is 3 or 4 && node.Input(0).Type == ElementType.Float32 && node.ConstantInput(1) is not null
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
        Shape output = node.Outputs[0].Shape;
        Value x = node.Input(0);
        Value Ints(string stem, params long[] values) => graph.Constant($"{node.Name} {stem}", Tensor.Vector<long>(values));
        Value Reshaped(Value value, params long[] dims) => graph.Insert(node, node.Name + " reshaped", "Reshape", [value, Ints("shape", dims)]).Outputs[0];
        if (x.Shape.Rank == 3)
        {
            window = new SpatialWindow([1, window.Input[0]], [1, window.Output[0]], [1, window.Kernel[0]], [1, window.Strides[0]], [1, window.Dilations[0]], [0, window.PadsBegin[0]], [0, window.PadsEnd[0]]);
            weights = weights.Reshaped(new Shape(weights.Shape[0], weights.Shape[1], 1, weights.Shape[2]));
            output = new Shape(output[0], output[1], 1, output[2]);
        }

        int strideY = window.Strides[0], strideX = window.Strides[1];
        if ((strideY > 1 && window.Dilations[0] > 1) || (strideX > 1 && window.Dilations[1] > 1))
        {
            return;
        }

        x = x.Shape.Rank == 3 ? Reshaped(x, x.Shape[0], x.Shape[1], 1, x.Shape[2]) : x;
        Axis rows = Axis.Of(window, 0), columns = Axis.Of(window, 1);
        long group = node.Attributes.Int("group", 1);
        var attributes = new Attributes().Set("group", group).Set("pads", new long[] { rows.Begin, columns.Begin, rows.End, columns.End }).Set("dilations", window.Dilations);
        Value? bias = node.ConstantInput(2) is { } b ? graph.Constant(node.Name + " bias", Repeated(b, strideY * strideX)) : null;
        Value w = graph.Constant(node.Input(1).Name + " phases", Phases(weights, (int)group, strideY, strideX, rows.Taps, columns.Taps));
        Node conv = graph.Insert(node, node.Name, "Conv", [x, w, bias], attributes);
        Epilogue.Of(node).Store(conv);
        Value result = conv.Outputs[0];
        if (strideY == strideX && strideY > 1)
        {
            result = graph.Insert(node, node.Name + " interleaved", "DepthToSpace", [result], new Attributes().Set("blocksize", strideY).Set("mode", "CRD")).Outputs[0];
        }
        else if (strideY * strideX > 1)
        {
            Shape s = result.Shape;
            result = Reshaped(result, s[0], output[1], strideY, strideX, s[2], s[3]);
            result = graph.Insert(node, node.Name + " interleaved", "Transpose", [result], new Attributes().Set("perm", new long[] { 0, 1, 4, 2, 5, 3 })).Outputs[0];
            result = Reshaped(result, s[0], output[1], (long)s[2] * strideY, (long)s[3] * strideX);
        }

        if (result.Shape != output)
        {
            Value starts = Ints("starts", rows.Crop, columns.Crop), ends = Ints("ends", rows.Crop + window.Output[0], columns.Crop + window.Output[1]);
            result = graph.Insert(node, node.Name + " cropped", "Slice", [result, starts, ends, Ints("axes", 2, 3)]).Outputs[0];
        }

        result = node.Outputs[0].Shape.Rank == 3 ? Reshaped(result, output[0], output[1], output[3]) : result;

        if (result.Shape != node.Outputs[0].Shape)
        {
            throw new InvalidOperationException($"'{node.Name}': rewritten to shape {result.Shape} instead of {node.Outputs[0].Shape}");
        }

        graph.Replace(node.Outputs[0], result);
        graph.Remove(node);
    }

    // [C, M / group, kh, kw] to [M * sy * sx, C / group, taps, taps]: phase r has weights r, r + s ..., in falling order.
    private static Tensor Phases(Tensor weights, int group, int strideY, int strideX, int tapsY, int tapsX)
    {
        Shape w = weights.Shape;
        int inGroup = w[0] / group, outGroup = w[1];
        var result = new Tensor(weights.Type, new Shape(outGroup * group * strideY * strideX, inGroup, tapsY, tapsX));
        ReadOnlySpan<float> from = weights.As<float>();
        Span<float> to = result.As<float>();
        int at = 0;
        for (int o = 0; o < outGroup * group; o++)
        {
            for (int phase = 0; phase < strideY * strideX; phase++)
            {
                for (int c = 0; c < inGroup; c++)
                {
                    for (int u = 0; u < tapsY; u++)
                    {
                        int ky = (strideY * (tapsY - 1 - u)) + (phase / strideX);
                        for (int v = 0; v < tapsX; v++, at++)
                        {
                            int kx = (strideX * (tapsX - 1 - v)) + (phase % strideX);
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
