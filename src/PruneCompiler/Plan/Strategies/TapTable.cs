namespace PruneCompiler.Plan.Strategies;

/// <summary>
/// The taps of a convolution as offsets into an affine activation. With stride 1 in x, output pixel x reads input pixel
/// x + kx * dilation - pad, so a tap (channel, kz, ky, kx) is one integer that holds for every pixel of the row.
/// </summary>
public static class TapTable
{
    /// <summary>Offsets, in elements, in the order of ONNX's Conv weights: channel, kz, ky, kx (opset 11, [M, C/group, kD, kH, kW]).</summary>
    /// <param name="channelOffsets">
    /// For each input channel of the weights, its offset from the row's origin: channel * channelStride, or its slot in the slot map.
    /// </param>
    /// <param name="kernel">Kernel sizes for plane, row, column; 1 where there is no such axis.</param>
    /// <param name="dilation">Dilations, likewise.</param>
    /// <param name="pad">Padding before the first element, likewise.</param>
    /// <param name="planeStride">Elements from one input plane to the next.</param>
    /// <param name="rowStride">Elements from one input row to the next.</param>
    /// <param name="strideX">
    /// Horizontal stride. Above 1 the input was split by column into <paramref name="strideX"/> phases: input column j lies in phase j mod stride at position j / stride.
    /// </param>
    /// <param name="phaseStride">Elements from one phase to the next; unused with stride 1.</param>
    public static int[] Offsets(IReadOnlyList<int> channelOffsets, (int Z, int Y, int X) kernel, (int Z, int Y, int X) dilation, (int Z, int Y, int X) pad, int planeStride, int rowStride, int strideX = 1, int phaseStride = 0)
    {
        var offsets = new int[checked(channelOffsets.Count * kernel.Z * kernel.Y * kernel.X)];
        int k = 0;
        foreach (int channel in channelOffsets)
        {
            for (int z = 0; z < kernel.Z; z++)
            {
                for (int y = 0; y < kernel.Y; y++)
                {
                    for (int x = 0; x < kernel.X; x++)
                    {
                        int column = (x * dilation.X) - pad.X;
                        int phase = ((column % strideX) + strideX) % strideX;
                        offsets[k++] = checked(channel + (((z * dilation.Z) - pad.Z) * planeStride) + (((y * dilation.Y) - pad.Y) * rowStride)
                            + (phase * phaseStride) + ((column - phase) / strideX));
                    }
                }
            }
        }

        return offsets;
    }
}
