using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Spectra [batch, frames, bins, 2] of windowed frames of a signal [batch, length, 1 or 2] (ONNX STFT, opset 17).</summary>
/// <remarks>frame_step and frame_length are constant; onesided, the default, keeps frame_length / 2 + 1 bins.</remarks>
public sealed class Stft : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "STFT";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        (int n, int step) = Frame(node);
        if (x.Rank is not (2 or 3) || (x.Rank == 3 && x[2] is not (1 or 2)) || n > x[1] || (node.InputOrNull(2) is { } window && window.Shape != new Shape(n)))
        {
            throw new OperatorException(node, $"frames of {n} samples and a window of {node.InputOrNull(2)?.Shape} do not fit a signal of {x}");
        }

        return [new TensorType(node.Input(0).Type, Rules.Shape(node, x[0], ((x[1] - n) / step) + 1, Bins(node, n), 2))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Shape x = node.Input(0).Shape;
        (int n, int step) = Frame(node);
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        float[]? factors = inputs.Length > 2 && inputs[2] is { } window ? window.As<float>().ToArray() : null;
        fixed (float* from = inputs[0]!.As<float>(), to = y.As<float>(), windowed = factors, twiddles = Twiddles.Of(n), work = new float[4 * n])
        {
            Fourier.Frames(from, windowed, to, twiddles, work, x[0], x[1], y.Shape[1], step, n, y.Shape[2], x.Rank == 3 ? x[2] : 1);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Shape x = node.Input(0).Shape, y = node.Outputs[0].Shape;
        (int n, int step) = Frame(node);
        lowering.Call(
            node,
            $"{node.Name}: STFT, {y[1]} frames of {n} samples.",
            "Fourier.Frames",
            Arg.Pointer("signal", lowering.ReadPlain(node, node.Input(0))),
            node.InputOrNull(2) is { } window ? Arg.Pointer("window", lowering.ReadPlain(node, window)) : Arg.Code("window", "null"),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("twiddles", ElementType.Float32, lowering.Pack<float>(WeightsSection.Stream, Twiddles.Of(n))),
            Arg.Pointer("work", ElementType.Float32, lowering.ScratchElements(node.Name + " work", ElementType.Float32, 4L * n)),
            Arg.Int("batch", x[0]),
            Arg.Int("length", x[1]),
            Arg.Int("frames", y[1]),
            Arg.Int("step", step),
            Arg.Int("n", n),
            Arg.Int("bins", y[2]),
            Arg.Int("parts", x.Rank == 3 ? x[2] : 1));
    }

    private static (int Length, int Step) Frame(Node node)
    {
        long step = One(node, 1, "frame_step");
        long n = node.InputOrNull(3) is not null ? One(node, 3, "frame_length")
            : node.InputOrNull(2) is { } window ? window.Shape.Count
            : throw new OperatorException(node, "needs a window or a frame_length");
        return step is >= 1 and <= int.MaxValue && n is >= 1 and <= 1 << 28 ? ((int)n, (int)step) : throw new OperatorException(node, $"frames of {n} samples every {step} are not defined");
    }

    private static int Bins(Node node, int n) => node.Attributes.Int("onesided", 1) != 0 ? (n / 2) + 1 : n;

    private static long One(Node node, int input, string what) =>
        node.RequireConstant(input, what) is { Count: 1 } one ? one.GetInt64(0) : throw new OperatorException(node, $"{what} must be one number");
}
