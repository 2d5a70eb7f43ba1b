using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Convolution by its definition, summed in double: each weight is multiplied with the row of pixels that it meets.</summary>
internal static class ConvReference
{
    public static Tensor Run(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!, w = inputs[1]!;
        SpatialWindow window = SpatialWindow.OfConvolution(node, x.Shape, w.Shape).InThreeDimensions();
        int group = (int)node.Attributes.Int("group", 1);
        int batch = x.Shape[0], channels = x.Shape[1], filters = w.Shape[0], perGroup = channels / group;
        var shape = new Shape([batch, filters, .. SpatialWindow.OfConvolution(node, x.Shape, w.Shape).Output]);
        double[] pixels = WholeTensors.Doubles(x), weights = WholeTensors.Doubles(w);
        var sums = new double[shape.Count];
        int inputPlane = Product(window.Input), outputPlane = Product(window.Output), taps = window.Taps;
        for (int n = 0; n < batch; n++)
        {
            for (int f = 0; f < filters; f++)
            {
                Span<double> to = sums.AsSpan(((n * filters) + f) * outputPlane, outputPlane);
                for (int c = 0; c < perGroup; c++)
                {
                    int channel = (f / (filters / group) * perGroup) + c;
                    ReadOnlySpan<double> from = pixels.AsSpan(((n * channels) + channel) * inputPlane, inputPlane);
                    Accumulate(window, from, weights.AsSpan(((f * perGroup) + c) * taps, taps), to);
                }
            }
        }

        AddBias(sums, shape, outputPlane, inputs.Length > 2 ? inputs[2] : null);
        if (inputs.Length > Conv.ResidualInput && inputs[Conv.ResidualInput] is { } residual)
        {
            double[] addends = WholeTensors.Doubles(residual);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += addends[i];
            }
        }

        Epilogue.Of(node).Apply(sums);
        return WholeTensors.Tensor(x.Type, shape, sums);
    }

    /// <summary>Adds a bias of [channels], or of one image, to sums of [batch][channels][plane].</summary>
    public static void AddBias(double[] sums, Shape shape, int plane, Tensor? bias)
    {
        if (bias is null)
        {
            return;
        }

        double[] values = WholeTensors.Doubles(bias);
        int image = plane * shape[1];
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += bias.Shape.Rank == 1 ? values[i % image / plane] : values[i % image];
        }
    }

    private static void Accumulate(SpatialWindow window, ReadOnlySpan<double> from, ReadOnlySpan<double> weights, Span<double> to)
    {
        int tap = 0;
        for (int kz = 0; kz < window.Kernel[0]; kz++)
        {
            for (int ky = 0; ky < window.Kernel[1]; ky++)
            {
                for (int kx = 0; kx < window.Kernel[2]; kx++, tap++)
                {
                    (int firstZ, int endZ, int shiftZ) = Range(window, 0, kz);
                    (int firstY, int endY, int shiftY) = Range(window, 1, ky);
                    (int firstX, int endX, int shiftX) = Range(window, 2, kx);
                    for (int z = firstZ; z < endZ; z++)
                    {
                        for (int y = firstY; y < endY; y++)
                        {
                            int row = ((((z * window.Strides[0]) + shiftZ) * window.Input[1]) + (y * window.Strides[1]) + shiftY) * window.Input[2];
                            Span<double> line = to.Slice(((z * window.Output[1]) + y) * window.Output[2], window.Output[2]);
                            AddRow(from[row..], weights[tap], line, firstX, endX, shiftX, window.Strides[2]);
                        }
                    }
                }
            }
        }
    }

    private static void AddRow(ReadOnlySpan<double> row, double weight, Span<double> line, int first, int end, int shift, int stride)
    {
        if (stride == 1 && end > first)
        {
            ReadOnlySpan<double> pixels = row.Slice(first + shift, end - first);
            Span<double> sums = line[first..end];
            for (int x = 0; x < sums.Length; x++)
            {
                sums[x] += weight * pixels[x];
            }

            return;
        }

        for (int x = first; x < end; x++)
        {
            line[x] += weight * row[(x * stride) + shift];
        }
    }

    /// <summary>The output pixels for which tap <paramref name="k"/> of an axis lies inside the input, and the input pixel of output pixel 0.</summary>
    private static (int First, int End, int Shift) Range(SpatialWindow window, int axis, int k)
    {
        int shift = (k * window.Dilations[axis]) - window.PadsBegin[axis], stride = window.Strides[axis];
        int first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
        int last = window.Input[axis] - 1 - shift;
        return (first, last < 0 ? 0 : Math.Min(window.Output[axis], (last / stride) + 1), shift);
    }

    private static int Product(int[] sizes) => sizes.Aggregate(1, (a, b) => a * b);
}
