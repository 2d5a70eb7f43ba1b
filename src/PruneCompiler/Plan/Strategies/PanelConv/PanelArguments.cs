using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan.Strategies;

/// <summary>The structures that all panel kernels take.</summary>
internal static class PanelArguments
{
    /// <summary>The loops over the output.</summary>
    public static Argument Loops(ConvGeometry geometry, PanelDivision division, Storage x, Storage y, Storage? residual)
    {
        PanelLayout input = x.Panel!, output = y.Panel!;
        PanelLayout? added = residual?.Panel;
        var fields = new List<Argument>
        {
            division.Count("images", output.Images, PanelDivision.Images),
            division.Count("planes", output.Depth, PanelDivision.Planes),
            division.Count("rows", output.Rows, PanelDivision.Rows),
            division.Count("width", output.ComputedWidth, PanelDivision.Pixels),
            division.Count("storedWidth", output.StoredWidth, PanelDivision.Pixels),
            Arg.Int("inputImage", input.ImageStride),
            Arg.Int("inputPlane", input.PlaneStride * geometry.Window.Strides[0]),
            Arg.Int("inputRow", input.RowStride),
            Arg.Int("outputImage", output.ImageStride),
            Arg.Int("outputPlane", output.PlaneStride),
            Arg.Int("outputRow", output.RowStride),
        };
        if (added is not null)
        {
            fields.Add(Arg.Int("residualImage", added.ImageStride));
            fields.Add(Arg.Int("residualPlane", added.PlaneStride));
            fields.Add(Arg.Int("residualRow", added.RowStride));
        }

        return Arg.Struct("loops", "PanelLoops", [.. fields]);
    }

    /// <summary>What happens to a sum before it is stored.</summary>
    /// <param name="node">The convolution.</param>
    /// <param name="lowering">Receives the tables.</param>
    /// <param name="division">How the output divides.</param>
    /// <param name="y">Output panels.</param>
    /// <param name="residual">The operand that is added, if any.</param>
    /// <param name="byImageRow">The kernel's rows are those of the image, of flat planes too, and it computes no junk columns.</param>
    public static Argument Epilogue(Node node, Lowering lowering, PanelDivision division, Storage y, Storage? residual, bool byImageRow = false)
    {
        PanelLayout output = y.Panel!, rowsOf = byImageRow ? output with { Flat = false } : output;
        var fields = new List<Argument>
        {
            Arg.Int("channels", output.Channels),
            Arg.Pointer("outputOffset", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, Offsets(output))),
        };
        Tensor? bias = node.ConstantInput(2);
        if (bias is { Shape.Rank: 1 })
        {
            fields.Add(Arg.Pointer("bias", ElementType.Float32, lowering.Pack<float>(WeightsSection.Stream, bias.As<float>())));
        }

        if (!byImageRow && Mask(output) is { } mask)
        {
            fields.Add(Arg.Moving("mask", ElementType.Float32, lowering.Pack<uint>(WeightsSection.Vectors, mask), division.Of(PanelDivision.Pixels, PanelDivision.PixelsPerUnit)));
        }

        Operators.Epilogue epilogue = Operators.Epilogue.Of(node);
        fields.AddRange([Arg.Float("low", epilogue.Low), Arg.Float("high", epilogue.High), Arg.Float("slope", epilogue.Slope)]);
        if (residual is not null)
        {
            fields.Add(Arg.Moving("residual", residual, division.Step(residual.Panel!)));
            fields.Add(Arg.Pointer("residualOffset", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, Offsets(residual.Panel!))));
        }

        if (bias is { Shape.Rank: > 1 })
        {
            (float[] rows, int[] classes) = BiasRows(bias, rowsOf);
            fields.Add(Arg.Moving("biasRows", ElementType.Float32, lowering.Pack<float>(WeightsSection.Vectors, rows), division.Of(PanelDivision.Pixels, PanelDivision.PixelsPerUnit)));
            fields.Add(Arg.Int("biasRowLength", PanelLayout.RoundUp(rowsOf.ComputedWidth)));
            fields.Add(Arg.Moving("rowClass", ElementType.Int32, lowering.Pack<int>(WeightsSection.Stream, classes), division.Of(PanelDivision.Rows, 1) + division.Of(PanelDivision.Planes, rowsOf.Rows)));
        }

        return Arg.Struct("epilogue", "PanelEpilogue", [.. fields]);
    }

    private static int[] Offsets(PanelLayout layout) => [.. Enumerable.Range(0, layout.Channels).Select(c => checked((int)(c * layout.ChannelStride)))];

    // All ones for a pixel, zero for a junk column or what rounding up adds; null where every lane is a pixel.
    public static uint[]? Mask(PanelLayout output)
    {
        var mask = new uint[PanelLayout.RoundUp(output.ComputedWidth)];
        for (int i = 0; i < output.ComputedWidth; i++)
        {
            mask[i] = !output.Flat || i % output.RowLength < output.Width ? uint.MaxValue : 0;
        }

        return mask.Contains(0u) ? mask : null;
    }

    // Rows of the image whose biases are the same for every pixel are stored once.
    private static (float[] Rows, int[] Classes) BiasRows(Tensor bias, PanelLayout output)
    {
        int length = PanelLayout.RoundUp(output.ComputedWidth), pixels = output.Depth * output.Height * output.Width;
        float[] values = bias.As<float>().ToArray();
        var rows = new List<float[]>();
        var classes = new int[output.Depth * output.Rows];
        for (int row = 0; row < classes.Length; row++)
        {
            var content = new float[output.Channels * length];
            for (int c = 0; c < output.Channels; c++)
            {
                for (int i = 0; i < output.ComputedWidth; i++)
                {
                    int y = output.Flat ? (row * output.Height) + (i / output.RowLength) : row, x = output.Flat ? i % output.RowLength : i;
                    content[(c * length) + i] = x < output.Width ? values[(c * pixels) + (y * output.Width) + x] : 0;
                }
            }

            classes[row] = rows.FindIndex(r => r.AsSpan().SequenceEqual(content));
            if (classes[row] < 0)
            {
                classes[row] = rows.Count;
                rows.Add(content);
            }
        }

        return ([.. rows.SelectMany(r => r)], classes);
    }
}
