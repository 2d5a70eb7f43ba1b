using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>A copy of the data in which each tuple in the last axis of the int64 indices names a block that its update replaces (ONNX ScatterND, opsets 11 to 18).</summary>
/// <remarks>With reduction (16: add, mul; 18: min, max) the update is combined with what is there, for each of repeated tuples.</remarks>
public sealed class ScatterND : Operator
{
    /// <inheritdoc/>
    public override string Name => "ScatterND";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 1);
        Rules.Rank(node, node.Input(1), 1);
        Rules.Indices(node, 1, only64: true);
        Shape data = node.Input(0).Shape, indices = node.Input(1).Shape;
        int width = indices[-1];
        if (width > data.Rank)
        {
            throw new OperatorException(node, $"tuples of {width} indices do not fit data of {data}");
        }

        var expected = new Shape([.. indices.Dims[..^1], .. data.Dims[width..]]);
        if (node.Input(2).Shape != expected || node.Input(2).Type != node.Input(0).Type)
        {
            throw new OperatorException(node, $"updates are {node.Input(2).TensorType} where {node.Input(0).Type.Text()} {expected} is needed");
        }

        ScatterNode.Mode(node);
        return [node.Input(0).TensorType];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor data = inputs[0]!;
        var y = new Tensor(data.Type, data.Shape);
        (long count, int[] dims, long block) = Divide(node);
        fixed (byte* from = data.Bytes, at = inputs[1]!.Bytes, what = inputs[2]!.Bytes, to = y.Bytes)
        {
            if (ScatterNode.Mode(node) == ScatterMode.None)
            {
                Scattering.Tuples(from, (long*)at, what, to, count, dims, block * data.Type.Size());
            }
            else
            {
                NumberTypes.Dispatch(data.Type, new Fold(from, (long*)at, what, to, node));
            }
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value data = node.Input(0);
        ScatterMode mode = ScatterNode.Mode(node);
        (long count, int[] dims, long block) = Divide(node);
        lowering.Call(
            node,
            $"{node.Name}: ScatterND by {node.Input(1).Shape} indices into {data.Shape}.",
            mode == ScatterMode.None ? "Scattering.Tuples" : "Scattering.FoldTuples",
            [
                Arg.Pointer("data", lowering.ReadPlain(node, data)),
                Arg.Pointer("indices", lowering.ReadPlain(node, node.Input(1))),
                Arg.Pointer("updates", lowering.ReadPlain(node, node.Input(2))),
                Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
                Arg.Int("count", count),
                Arg.Ints("dims", dims),
                .. mode == ScatterMode.None
                    ? new[] { Arg.Int("blockBytes", block * data.Type.Size()) }
                    : [Arg.Int("block", block), Arg.Code("mode", "ScatterMode." + mode)],
            ]);
    }

    private static (long Count, int[] Dims, long Block) Divide(Node node)
    {
        Shape data = node.Input(0).Shape, indices = node.Input(1).Shape;
        return (new Shape(indices.Dims[..^1]).Count, data.Dims[..indices[-1]].ToArray(), new Shape(data.Dims[indices[-1]..]).Count);
    }

    private sealed unsafe class Fold(byte* data, long* indices, byte* updates, byte* output, Node node) : INumberAction
    {
        public void Run<T>()
            where T : unmanaged, System.Numerics.INumber<T>
        {
            (long count, int[] dims, long block) = Divide(node);
            Scattering.FoldTuples((T*)data, indices, (T*)updates, (T*)output, count, dims, block, ScatterNode.Mode(node));
        }
    }
}
