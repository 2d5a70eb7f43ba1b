using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The int64 indices [axes, count] of the elements that are not zero (ONNX NonZero, opsets 9 and 13). The count is known at run time.</summary>
public sealed class NonZero : Operator, IDataDependent
{
    /// <inheritdoc/>
    public override string Name => "NonZero";

    /// <inheritdoc/>
    public int DefinedOutputs => 1;

    /// <inheritdoc/>
    public int DynamicAxis(Node node, int output) => node.ConstantInput(0) is null ? 1 : -1;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        long most = node.ConstantInput(0) is { } known ? Find(known).Count : x.Count; // exact where it can be
        return [new TensorType(ElementType.Int64, Rules.Shape(node, Math.Max(1, x.Rank), most)), new TensorType(ElementType.Int64, Shape.Scalar)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        (Tensor all, int count) = Find(inputs[0]!);
        return [node.ConstantInput(0) is null ? all : DynamicSizes.Trim(all, 1, count), Tensor.Scalar((long)count)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value x = node.Input(0);
        lowering.Call(
            node,
            $"{node.Name}: NonZero of {x.Shape}; the number of columns is known only now.",
            "Selecting.NonZero",
            Arg.Pointer("input", lowering.ReadPlain(node, x)),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("count", lowering.WritePlain(node, node.Outputs[^1])),
            Arg.Int("size", x.Type.Size()),
            Arg.Bool("isFloat", x.Type.IsFloat()),
            Arg.Ints("shape", x.Shape.Dims.ToArray()));
    }

    private static unsafe (Tensor Indices, int Count) Find(Tensor x)
    {
        var indices = new Tensor(ElementType.Int64, new Shape(Math.Max(1, x.Shape.Rank), x.Count));
        long count;
        fixed (byte* from = x.Bytes, to = indices.Bytes)
        {
            Selecting.NonZero(from, (long*)to, &count, x.Type.Size(), x.Type.IsFloat(), x.Shape.Dims);
        }

        return (indices, (int)count);
    }
}
