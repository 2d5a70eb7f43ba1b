using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Runtime;

namespace PruneCompiler.Plan.Strategies;

/// <summary>Convolutions of any element type through the runtime's plain loops: right everywhere, fast nowhere.</summary>
internal static class PlainConv
{
    /// <summary>Lowers a Conv.</summary>
    public static void Lower(Node node, Lowering lowering)
    {
        Storage x = lowering.ReadPlain(node, node.Input(0)), w = lowering.ReadPlain(node, node.Input(1));
        Storage? bias = node.InputOrNull(2) is { } b ? lowering.ReadPlain(node, b) : null;
        Storage? residual = node.InputOrNull(Conv.ResidualInput) is { } r ? lowering.ReadPlain(node, r) : null;
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        SpatialWindow window = SpatialWindow.OfConvolution(node, x.Shape, w.Shape).InThreeDimensions();
        PlainElements.Layer(node, lowering);
        lowering.Call(
            node,
            $"{node.Name}: convolution {x.Shape} -> {y.Shape}, plain loops.",
            $"PlainConvolution.Run<{PlainElements.TypeArguments(node, x.Type)}>",
            [
                Arg.Pointer("x", x),
                Arg.Pointer("w", w),
                PlainElements.Optional("bias", bias),
                PlainElements.Optional("residual", residual),
                Arg.Pointer("y", y),
                .. Sizes(node, x.Shape, y.Shape, window),
                Arg.Bool("biasPerPixel", bias is { Shape.Rank: > 1 }),
                .. Activation(node),
            ]);
    }

    /// <summary>Lowers a Conv over float32 whose filters, or whose input, the panels of <see cref="PanelConv"/> cannot have.</summary>
    public static void LowerComputed(Node node, Lowering lowering)
    {
        Storage x = lowering.ReadPlain(node, node.Input(0)), w = lowering.ReadPlain(node, node.Input(1));
        Storage? bias = node.InputOrNull(2) is { } b ? lowering.ReadPlain(node, b) : null;
        Storage? residual = node.InputOrNull(Conv.ResidualInput) is { } r ? lowering.ReadPlain(node, r) : null;
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        SpatialWindow window = SpatialWindow.OfConvolution(node, x.Shape, w.Shape).InThreeDimensions();
        long floats = ComputedConvolution.ScratchFloats(x.Shape[1], (int)node.Attributes.Int("group", 1), window.Output, window.Kernel, window.Strides, window.Dilations);
        LayerSize size = node.Operator.Measure(node)!;
        lowering.Layer(node, "computed filters", "filters that the run computes, multiplied where they lie", size.Macs, 0, size.Weights);
        lowering.Call(
            node,
            $"{node.Name}: convolution {x.Shape} -> {y.Shape} with computed filters.",
            "ComputedConvolution.Run",
            [
                Arg.Pointer("x", x),
                Arg.Pointer("w", w),
                PlainElements.Optional("bias", bias),
                PlainElements.Optional("residual", residual),
                Arg.Pointer("y", y),
                Arg.Pointer("scratch", ElementType.Float32, lowering.ScratchElements(node.Name + " padded", ElementType.Float32, floats)),
                .. Sizes(node, x.Shape, y.Shape, window),
                Arg.Bool("biasPerPixel", bias is { Shape.Rank: > 1 }),
                .. Activation(node),
            ]);
    }

    /// <summary>Lowers a ConvTranspose.</summary>
    public static void LowerTransposed(Node node, SpatialWindow window, Lowering lowering)
    {
        Storage x = lowering.ReadPlain(node, node.Input(0)), w = lowering.ReadPlain(node, node.Input(1));
        Storage? bias = node.InputOrNull(2) is { } b ? lowering.ReadPlain(node, b) : null;
        Storage y = lowering.WritePlain(node, node.Outputs[0]);
        PlainElements.Layer(node, lowering);
        lowering.Call(
            node,
            $"{node.Name}: transposed convolution {x.Shape} -> {y.Shape}, plain loops.",
            $"PlainConvolution.Transposed<{PlainElements.TypeArguments(node, x.Type)}>",
            [
                Arg.Pointer("x", x),
                Arg.Pointer("w", w),
                PlainElements.Optional("bias", bias),
                Arg.Pointer("y", y),
                .. Sizes(node, x.Shape, y.Shape, window.InThreeDimensions()),
                .. Activation(node),
            ]);
    }

    /// <summary>Arguments slope, low and high.</summary>
    public static Argument[] Activation(Node node)
    {
        Epilogue epilogue = Epilogue.Of(node);
        return [Arg.Float("slope", epilogue.Slope), Arg.Float("low", epilogue.Low), Arg.Float("high", epilogue.High)];
    }

    private static Argument[] Sizes(Node node, Shape x, Shape y, SpatialWindow window) =>
    [
        Arg.Int("images", x[0]),
        Arg.Int("channels", x[1]),
        Arg.Int("filters", y[1]),
        Arg.Int("group", node.Attributes.Int("group", 1)),
        Arg.Ints("input", window.Input),
        Arg.Ints("output", window.Output),
        Arg.Ints("kernel", window.Kernel),
        Arg.Ints("strides", window.Strides),
        Arg.Ints("dilations", window.Dilations),
        Arg.Ints("pads", window.PadsBegin),
    ];
}
