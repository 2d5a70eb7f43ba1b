using System.Numerics;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Runtime;

namespace PruneCompiler.Operators;

/// <summary>The distinct elements, or slices of an axis, where each was first seen, to which each belongs, and how often (ONNX Unique, opset 11).</summary>
/// <remarks>The number of distinct ones is known at run time; the inverse indices have the size of the axis.</remarks>
public sealed class Unique : Operator, IDataDependent
{
    private const int Inverse = 2;

    /// <inheritdoc/>
    public override string Name => "Unique";

    /// <inheritdoc/>
    public int DefinedOutputs => 4;

    /// <inheritdoc/>
    public int DynamicAxis(Node node, int output) => node.ConstantInput(0) is not null || output == Inverse ? -1 : output == 0 ? Axis(node) ?? 0 : 0;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        if (!NumberTypes.Has(node.Input(0).Type))
        {
            throw new OperatorException(node, $"{node.Input(0).Type.Text()} cannot be ordered");
        }

        int length = Length(node), most = node.ConstantInput(0) is { } known ? (int)Find(node, known)[4].GetInt64(0) : length;
        return
        [
            new TensorType(node.Input(0).Type, Axis(node) is { } axis ? x.With(axis, most) : new Shape(most)),
            new TensorType(ElementType.Int64, new Shape(most)),
            new TensorType(ElementType.Int64, new Shape(length)),
            new TensorType(ElementType.Int64, new Shape(most)),
            new TensorType(ElementType.Int64, Shape.Scalar),
        ];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor[] all = Find(node, inputs[0]!);
        int count = (int)all[4].GetInt64(0);
        return node.ConstantInput(0) is null
            ? all
            : [DynamicSizes.Trim(all[0], Axis(node) ?? 0, count), DynamicSizes.Trim(all[1], 0, count), all[2], DynamicSizes.Trim(all[3], 0, count), all[4]];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        (long outer, long inner) = Divide(node);
        int length = Length(node);
        lowering.Call(
            node,
            $"{node.Name}: Unique among {length}; the number of distinct ones is known only now.",
            "Uniques.Run",
            Arg.Pointer("input", lowering.ReadPlain(node, node.Input(0))),
            Arg.Pointer("output", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Pointer("first", lowering.WritePlain(node, node.Outputs[1])),
            Arg.Pointer("inverse", lowering.WritePlain(node, node.Outputs[2])),
            Arg.Pointer("counts", lowering.WritePlain(node, node.Outputs[3])),
            Arg.Pointer("found", lowering.WritePlain(node, node.Outputs[4])),
            Arg.Pointer("work", ElementType.Int64, lowering.ScratchElements(node.Name + " work", ElementType.Int64, Math.Max(1, 2L * length))),
            Arg.Int("outer", outer),
            Arg.Int("length", length),
            Arg.Int("inner", inner),
            Arg.Bool("sorted", Sorted(node)));
    }

    private static int? Axis(Node node) => node.Attributes.Has("axis") ? Rules.Axis(node, node.Attributes.Int("axis"), node.Input(0).Shape.Rank) : null;

    private static int Length(Node node) => Axis(node) is { } axis ? node.Input(0).Shape[axis] : checked((int)node.Input(0).Shape.Count);

    private static bool Sorted(Node node) => node.Attributes.Int("sorted", 1) != 0;

    private static (long Outer, long Inner) Divide(Node node)
    {
        Shape x = node.Input(0).Shape;
        return Axis(node) is { } axis ? (new Shape(x.Dims[..axis]).Count, new Shape(x.Dims[(axis + 1)..]).Count) : (1, 1);
    }

    // All five outputs at their largest size.
    private static unsafe Tensor[] Find(Node node, Tensor x)
    {
        var list = new Shape(Length(node));
        Tensor[] all =
        [
            new(x.Type, Axis(node) is null ? list : x.Shape), new(ElementType.Int64, list), new(ElementType.Int64, list), new(ElementType.Int64, list), new(ElementType.Int64, Shape.Scalar),
        ];
        fixed (byte* from = x.Bytes, to = all[0].Bytes, first = all[1].Bytes, inverse = all[2].Bytes, counts = all[3].Bytes, found = all[4].Bytes)
        {
            NumberTypes.Dispatch(x.Type, new Group(from, to, (long*)first, (long*)inverse, (long*)counts, (long*)found, node));
        }

        return all;
    }

    private sealed unsafe class Group(byte* input, byte* output, long* first, long* inverse, long* counts, long* found, Node node) : INumberAction
    {
        public void Run<T>()
            where T : unmanaged, INumber<T>
        {
            (long outer, long inner) = Divide(node);
            fixed (long* work = new long[Math.Max(1, 2 * Length(node))])
            {
                Uniques.Run((T*)input, (T*)output, first, inverse, counts, found, work, outer, Length(node), inner, Sorted(node));
            }
        }
    }
}
