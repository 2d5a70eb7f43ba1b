using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The discrete Fourier transform along one axis of [.., 1] (real) or [.., 2] (complex) (ONNX DFT, opsets 17 and 20).</summary>
/// <remarks>
/// The axis is an attribute (default 1) in opset 17 and a constant input (default -2) from 20 on; dft_length, constant, cuts or pads with zeros.
/// onesided: forward, of a real input, n / 2 + 1 bins; inverse, of such a spectrum, a real result.
/// </remarks>
public sealed class Dft : SinglePrecisionOperator
{
    /// <inheritdoc/>
    public override string Name => "DFT";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        Rules.Rank(node, node.Input(0), 2);
        Layout l = Divide(node);
        if (x[-1] is not (1 or 2) || l.N < 1 || l.N > 1 << 28 || x[l.Axis] < 1)
        {
            throw new OperatorException(node, $"a transform of length {l.N} along axis {l.Axis} of {x} is not defined");
        }

        return [new TensorType(node.Input(0).Type, x.With(l.Axis, l.OutputLength).With(-1, l.OutputParts))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Layout l = Divide(node);
        Shape x = node.Input(0).Shape;
        var y = new Tensor(ElementType.Float32, node.Outputs[0].Shape);
        fixed (float* from = inputs[0]!.As<float>(), to = y.As<float>(), twiddles = Twiddles.Of(l.N), work = new float[4 * l.N])
        {
            Fourier.Run(from, to, twiddles, work, l.Outer, l.Inner, x[l.Axis], l.OutputLength, l.N, x[-1], l.OutputParts, l.Inverse, l.Mirror);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Layout l = Divide(node);
        Shape x = node.Input(0).Shape;
        lowering.Call(
            node,
            $"{node.Name}: {(l.Inverse ? "inverse " : "")}DFT of length {l.N} along axis {l.Axis} of {x}.",
            "Fourier.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("twiddles", ElementType.Float32, lowering.Pack<float>(WeightsSection.Stream, Twiddles.Of(l.N))),
            Arg.Pointer("work", ElementType.Float32, lowering.ScratchElements(node.Name + " work", ElementType.Float32, 4L * l.N)),
            Arg.Int("outer", l.Outer),
            Arg.Int("inner", l.Inner),
            Arg.Int("inputLength", x[l.Axis]),
            Arg.Int("outputLength", l.OutputLength),
            Arg.Int("n", l.N),
            Arg.Int("inputParts", x[-1]),
            Arg.Int("outputParts", l.OutputParts),
            Arg.Bool("inverse", l.Inverse),
            Arg.Bool("mirror", l.Mirror));
    }

    private static Layout Divide(Node node)
    {
        Shape x = node.Input(0).Shape;
        long given = node.InputOrNull(2) is null ? node.Attributes.Int("axis", node.Opset < 20 ? 1 : -2) : One(node, 2, "axis");
        int axis = Rules.Axis(node, given, x.Rank);
        if (axis == x.Rank - 1)
        {
            throw new OperatorException(node, "the last axis holds the real and imaginary parts and cannot be transformed");
        }

        bool inverse = node.Attributes.Int("inverse") != 0, onesided = node.Attributes.Int("onesided") != 0, mirror = inverse && onesided;
        long n = node.InputOrNull(1) is null ? mirror ? 2L * (x[axis] - 1) : x[axis] : One(node, 1, "dft_length");
        int length = (int)Math.Clamp(n, 0, int.MaxValue);
        return new Layout(
            axis,
            length,
            onesided && !inverse ? (length / 2) + 1 : length,
            mirror ? 1 : 2,
            new Shape(x.Dims[..axis]).Count,
            new Shape(x.Dims[(axis + 1)..^1]).Count,
            inverse,
            mirror);
    }

    private static long One(Node node, int input, string what) =>
        node.RequireConstant(input, what) is { Count: 1 } one ? one.GetInt64(0) : throw new OperatorException(node, $"{what} must be one number");

    private sealed record Layout(int Axis, int N, int OutputLength, int OutputParts, long Outer, long Inner, bool Inverse, bool Mirror);
}
