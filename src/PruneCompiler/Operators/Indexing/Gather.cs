using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>Picks along one axis: [outer, axis, inner] by indices of any shape gives [outer, indices.., inner] (ONNX Gather, opsets 1 to 13).</summary>
/// <remarks>Indices are int32 or int64 within [-n, n); constant ones are checked at compile time, computed ones at run time.</remarks>
public sealed class Gather : Operator
{
    private static readonly GatherRule Rule = new(Axis);

    // Up to so many constant indices are copied as slices, which need no table and no checks.
    private const int FewIndices = 4;

    /// <inheritdoc/>
    public override string Name => "Gather";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <summary>The axis that is picked from.</summary>
    public static int Axis(Node node) => Rules.Axis(node, node.Attributes.Int("axis"), node.Input(0).Shape.Rank);

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 1);
        Rules.Indices(node, 1);
        int axis = Axis(node);
        int[] data = node.Input(0).Shape.Dims.ToArray(), indices = node.Input(1).Shape.Dims.ToArray();
        if (node.ConstantInput(1)?.ToInt64Array().Any(i => i < -data[axis] || i >= data[axis]) == true)
        {
            throw new OperatorException(node, $"an index is outside of axis {axis}, which has {data[axis]} elements");
        }

        long[] sizes = [.. data[..axis], .. indices, .. data[(axis + 1)..]];
        return [new TensorType(node.Input(0).Type, Rules.Shape(node, sizes))];
    }

    /// <inheritdoc/>
    public override unsafe Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor data = inputs[0]!, indices = inputs[1]!;
        int axis = Axis(node);
        var y = new Tensor(data.Type, new Shape([.. data.Shape.Dims[..axis], .. indices.Shape.Dims, .. data.Shape.Dims[(axis + 1)..]]));
        fixed (byte* from = data.Bytes, at = indices.Bytes, to = y.Bytes)
        {
            Gathering.Axis(from, at, to, indices.Type.Size(), Product(data.Shape.Dims[..axis]), data.Shape[axis], indices.Count, Product(data.Shape.Dims[(axis + 1)..]) * data.Type.Size(), axis);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value data = node.Input(0), indices = node.Input(1), y = node.Outputs[0];
        int axis = Axis(node);
        if (indices.Constant is { Count: 1 } one && View.Of(lowering.Read(data)).Slice(axis, Wrap(one, 0, data.Shape[axis]), 1, 1) is { IsCheap: true } view)
        {
            lowering.Alias(node, y, view.Reshape(y.Shape) is { } same ? same.On(lowering.Read(data)) : Plain(node, lowering, view));
        }
        else if (indices.Constant is { Count: <= FewIndices } few && few.Shape.Rank == 1)
        {
            Storage from = lowering.Read(data), to = lowering.Write(y);
            for (int i = 0; i < few.Count; i++)
            {
                View picked = View.Of(from).Slice(axis, Wrap(few, i, data.Shape[axis]), 1, 1);
                lowering.Copy(node, $"{node.Name}: Gather, index {few.GetInt64(i)} of axis {axis}.", picked.On(from), View.Of(to).Slice(axis, i, 1, 1).On(to));
            }
        }
        else if (y.Shape.Count > 0)
        {
            lowering.Call(
                node,
                $"{node.Name}: Gather {indices.Shape} indices from axis {axis} of {data.Shape}.",
                "Gathering.Axis",
                Arg.Pointer("data", lowering.ReadPlain(node, data)),
                Arg.Pointer("indices", lowering.ReadPlain(node, indices)),
                Arg.Pointer("output", lowering.WritePlain(node, y)),
                Arg.Int("indexSize", indices.Type.Size()),
                Arg.Int("outer", Product(data.Shape.Dims[..axis])),
                Arg.Int("axisLength", data.Shape[axis]),
                Arg.Int("count", indices.Shape.Count),
                Arg.Int("blockBytes", Product(data.Shape.Dims[(axis + 1)..]) * data.Type.Size()),
                Arg.Int("axis", axis));
        }
        else
        {
            lowering.Write(y);
        }
    }

    private static Storage Plain(Node node, Lowering lowering, View view)
    {
        Value data = node.Input(0);
        Storage plain = lowering.Scratch(data.Name + " picked", new TensorType(data.Type, view.Shape));
        lowering.Copy(node, $"{node.Name}: Gather of one index.", view.On(lowering.Read(data)), plain);
        return View.Of(node.Outputs[0].Shape).On(plain);
    }

    private static long Wrap(Tensor indices, int i, int size) => indices.GetInt64(i) < 0 ? indices.GetInt64(i) + size : indices.GetInt64(i);

    private static long Product(ReadOnlySpan<int> dims) => new Shape(dims).Count;
}
