using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Each tuple in the last axis of the int64 indices picks a block of the data; the first batch_dims axes go along (ONNX GatherND, opsets 11 to 13).</summary>
public sealed class GatherND : Operator
{
    /// <inheritdoc/>
    public override string Name => "GatherND";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 1);
        Rules.Rank(node, node.Input(1), 1);
        Rules.Indices(node, 1, only64: true);
        int[] data = node.Input(0).Shape.Dims.ToArray(), indices = node.Input(1).Shape.Dims.ToArray();
        long batch = node.Attributes.Int("batch_dims");
        if (batch < 0 || batch >= indices.Length || batch + indices[^1] > data.Length || !data.AsSpan(0, (int)batch).SequenceEqual(indices.AsSpan(0, (int)batch)))
        {
            throw new OperatorException(node, $"tuples of {indices[^1]} indices ({node.Input(1).Shape}) with {batch} batch axes do not fit data of {node.Input(0).Shape}");
        }

        long[] sizes = [.. indices[..^1], .. data[((int)batch + indices[^1])..]];
        return [new TensorType(node.Input(0).Type, Rules.Shape(node, sizes))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor data = inputs[0]!, indices = inputs[1]!;
        var y = new Tensor(data.Type, node.Outputs[0].Shape);
        Parts parts = Divide(node);
        fixed (byte* from = data.Bytes, at = indices.Bytes, to = y.Bytes)
        {
            Gathering.Tuples(from, (long*)at, to, parts.Batch, parts.Count, parts.Dims, parts.Block * data.Type.Size());
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value data = node.Input(0), indices = node.Input(1);
        Parts parts = Divide(node);
        lowering.Call(
            node,
            $"{node.Name}: GatherND by {indices.Shape} indices from {data.Shape}.",
            "Gathering.Tuples",
            Arg.Pointer("data", lowering.ReadPlain(node, data)),
            Arg.Pointer("indices", lowering.ReadPlain(node, indices)),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("batch", parts.Batch),
            Arg.Int("count", parts.Count),
            Arg.Ints("dims", parts.Dims),
            Arg.Int("blockBytes", parts.Block * data.Type.Size()));
    }

    private static Parts Divide(Node node)
    {
        Shape data = node.Input(0).Shape, indices = node.Input(1).Shape;
        int batch = (int)node.Attributes.Int("batch_dims"), width = indices[-1];
        return new Parts(
            new Shape(data.Dims[..batch]).Count,
            new Shape(indices.Dims[batch..^1]).Count,
            data.Dims.Slice(batch, width).ToArray(),
            new Shape(data.Dims[(batch + width)..]).Count);
    }

    private sealed record Parts(long Batch, long Count, int[] Dims, long Block);
}
