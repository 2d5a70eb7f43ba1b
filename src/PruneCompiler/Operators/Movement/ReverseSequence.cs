using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The first sequence_lens[b] steps of each sequence b in reverse order (ONNX ReverseSequence, opset 10).</summary>
/// <remarks>batch_axis and time_axis are 0 and 1 in either order.</remarks>
public sealed class ReverseSequence : Operator
{
    /// <inheritdoc/>
    public override string Name => "ReverseSequence";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 2);
        Rules.Indices(node, 1, only64: true);
        long batch = node.Attributes.Int("batch_axis", 1), time = node.Attributes.Int("time_axis", 0);
        if ((batch, time) is not ((0, 1) or (1, 0)) || node.Input(1).Shape != new Shape(node.Input(0).Shape[(int)batch]))
        {
            throw new OperatorException(node, $"batch axis {batch}, time axis {time} and lengths {node.Input(1).Shape} do not fit {node.Input(0).Shape}");
        }

        return [node.Input(0).TensorType];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!, y = new(x.Type, x.Shape);
        Parts p = Divide(node);
        fixed (byte* from = x.Bytes, lengths = inputs[1]!.Bytes, to = y.Bytes)
        {
            SequenceReversal.Run(from, (long*)lengths, to, p.Batch, p.Time, p.BatchStride, p.TimeStride, p.BlockBytes);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Parts p = Divide(node);
        lowering.Call(
            node,
            $"{node.Name}: ReverseSequence of {p.Batch} sequences of up to {p.Time} steps.",
            "SequenceReversal.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("lengths", lowering.ReadPlain(node, node.Input(1))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("batch", p.Batch),
            Arg.Int("time", p.Time),
            Arg.Int("batchStride", p.BatchStride),
            Arg.Int("timeStride", p.TimeStride),
            Arg.Int("blockBytes", p.BlockBytes));
    }

    private static Parts Divide(Node node)
    {
        Shape x = node.Input(0).Shape;
        long block = new Shape(x.Dims[2..]).Count * node.Input(0).Type.Size();
        return node.Attributes.Int("batch_axis", 1) == 0 ? new Parts(x[0], x[1], x[1], 1, block) : new Parts(x[1], x[0], 1, x[1], block);
    }

    private sealed record Parts(int Batch, int Time, long BatchStride, long TimeStride, long BlockBytes);
}
