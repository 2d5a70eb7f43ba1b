using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The geometry of a window that slides over spatial axes: convolutions and pools of 1 to 3 dimensions.</summary>
/// <param name="Input">Input size per spatial axis.</param>
/// <param name="Output">Output size per spatial axis.</param>
/// <param name="Kernel">Window size per spatial axis, in taps.</param>
/// <param name="Strides">Input pixels between neighbouring windows.</param>
/// <param name="Dilations">Input pixels between neighbouring taps.</param>
/// <param name="PadsBegin">Pixels in front of the input.</param>
/// <param name="PadsEnd">Pixels behind the input.</param>
public sealed record SpatialWindow(int[] Input, int[] Output, int[] Kernel, int[] Strides, int[] Dilations, int[] PadsBegin, int[] PadsEnd)
{
    /// <summary>Number of spatial axes.</summary>
    public int Rank => Input.Length;

    /// <summary>Taps of the window.</summary>
    public int Taps => Kernel.Aggregate(1, (a, b) => a * b);

    /// <summary>Output pixels of one channel.</summary>
    public long OutputPixels => Output.Aggregate(1L, (a, b) => a * b);

    /// <summary>Reads a convolution's attributes; kernel sizes come from the weights.</summary>
    public static SpatialWindow OfConvolution(Node node, Shape x, Shape weights)
    {
        CheckRank(node, x);
        int[] kernel = weights.Dims[2..].ToArray();
        if (node.Attributes.Ints("kernel_shape") is { } given && !given.Select(k => (int)k).SequenceEqual(kernel))
        {
            throw new OperatorException(node, $"kernel_shape is {string.Join('x', given)} where the weights have {string.Join('x', kernel)}");
        }

        return Of(node, x, kernel);
    }

    /// <summary>Reads a pool's attributes.</summary>
    public static SpatialWindow OfPool(Node node, Shape x)
    {
        CheckRank(node, x);
        long[] kernel = node.Attributes.Ints("kernel_shape") ?? throw new OperatorException(node, "the attribute kernel_shape is missing");
        return Of(node, x, Ints(node, "kernel_shape", x.Rank - 2, kernel, 1));
    }

    /// <summary>The same window with leading spatial axes of size 1, so that there are three.</summary>
    public SpatialWindow InThreeDimensions()
    {
        int missing = 3 - Rank;
        int[] Extend(int[] list, int value) => [.. Enumerable.Repeat(value, missing), .. list];
        return new(Extend(Input, 1), Extend(Output, 1), Extend(Kernel, 1), Extend(Strides, 1), Extend(Dilations, 1), Extend(PadsBegin, 0), Extend(PadsEnd, 0));
    }

    /// <summary>Reads a list attribute of one value per spatial axis.</summary>
    internal static int[] Ints(Node node, string name, int count, long[]? values, int least, int otherwise = 1)
    {
        if (values is null || values.Length == 0)
        {
            return Enumerable.Repeat(otherwise, count).ToArray();
        }

        if (values.Length != count || values.Any(v => v < least || v > int.MaxValue / 4))
        {
            throw new OperatorException(node, $"{name} is [{string.Join(", ", values)}]; it takes {count} values of at least {least}");
        }

        return Array.ConvertAll(values, v => (int)v);
    }

    private static void CheckRank(Node node, Shape x)
    {
        if (x.Rank is < 3 or > 5)
        {
            throw new OperatorException(node, $"the input has shape {x}; batch, channels and one to three spatial axes are supported");
        }
    }

    private static SpatialWindow Of(Node node, Shape x, int[] kernel)
    {
        int rank = x.Rank - 2;
        int[] input = x.Dims[2..].ToArray(), output = new int[rank], begin = new int[rank], end = new int[rank];
        int[] strides = Ints(node, "strides", rank, node.Attributes.Ints("strides"), 1);
        int[] dilations = Ints(node, "dilations", rank, node.Attributes.Ints("dilations"), 1);
        int[] pads = Ints(node, "pads", rank * 2, node.Attributes.Ints("pads"), 0, 0);
        string automatic = node.Attributes.Text("auto_pad", "NOTSET");
        bool ceil = node.Attributes.Int("ceil_mode") != 0;
        for (int i = 0; i < rank; i++)
        {
            long extent = ((long)(kernel[i] - 1) * dilations[i]) + 1;
            switch (automatic)
            {
                case "SAME_UPPER" or "SAME_LOWER":
                    output[i] = (input[i] + strides[i] - 1) / strides[i];
                    int total = (int)Math.Max((((long)output[i] - 1) * strides[i]) + extent - input[i], 0);
                    begin[i] = automatic == "SAME_UPPER" ? total / 2 : total - (total / 2);
                    end[i] = total - begin[i];
                    continue;
                case "VALID":
                    break;
                case "NOTSET" or "":
                    begin[i] = pads[i];
                    end[i] = pads[rank + i];
                    break;
                default:
                    throw new OperatorException(node, $"auto_pad is '{automatic}'; it is one of NOTSET, SAME_UPPER, SAME_LOWER, VALID");
            }

            long room = (long)input[i] + begin[i] + end[i] - extent;
            if (room < 0)
            {
                throw new OperatorException(node, $"the window of {extent} is larger than the padded input of {room + extent} on spatial axis {i}");
            }

            output[i] = (int)((room + (ceil ? strides[i] - 1 : 0)) / strides[i]) + 1;
            if (ceil && (output[i] - 1L) * strides[i] >= (long)input[i] + begin[i])
            {
                output[i]--; // a window that starts in the padding behind the input would see no pixel
            }
        }

        return new SpatialWindow(input, output, kernel, strides, dilations, begin, end);
    }
}
