using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>The index of an extreme value along an axis, as int64; of equal values the first, or with select_last_index = 1 the last.</summary>
/// <param name="name">ONNX's name.</param>
/// <param name="largest">Whether the largest is wanted.</param>
public abstract class ArgOperator(string name, bool largest) : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = n => [AxisSplit.Axis(n, n.Input(0).Shape, n.Attributes.Int("axis"))] };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape shape = node.Input(0).Shape;
        int axis = AxisSplit.Axis(node, shape, node.Attributes.Int("axis"));
        if (shape[axis] == 0)
        {
            throw new OperatorException(node, $"axis {axis} of {shape} is empty");
        }

        Shape result = node.Attributes.Int("keepdims", 1) != 0
            ? shape.With(axis, 1)
            : new Shape([.. shape.Dims[..axis], .. shape.Dims[(axis + 1)..]]);
        return [new TensorType(ElementType.Int64, result)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        var y = new Tensor(ElementType.Int64, node.Outputs[0].Shape);
        AxisSplit split = AxisSplit.At(node, x.Shape, node.Attributes.Int("axis"));
        bool last = node.Attributes.Int("select_last_index") != 0;
        for (int group = 0; group < y.Count; group++)
        {
            int start = (group / split.Inner * split.Count * split.Inner) + (group % split.Inner);
            IEnumerable<(double Value, int Index)> values = Enumerable.Range(0, split.Count).Select(k => (Numbers.ReadFloat(x, start + (k * split.Inner)), k));
            double best = largest ? values.Max(v => double.IsNaN(v.Value) ? double.PositiveInfinity : v.Value) : values.Min(v => double.IsNaN(v.Value) ? double.NegativeInfinity : v.Value);
            bool nan = values.Any(v => double.IsNaN(v.Value));
            IEnumerable<int> found = values.Where(v => nan ? double.IsNaN(v.Value) : v.Value == best).Select(v => v.Index);
            y.As<long>()[group] = last ? found.Last() : found.First();
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value input = node.Input(0);
        AxisSplit split = AxisSplit.At(node, input.Shape, node.Attributes.Int("axis"));
        Storage x = input.Type is ElementType.Float16 or ElementType.BFloat16 or ElementType.Bool
            ? lowering.ReadPlainAs(node, input, ElementType.Float32)
            : lowering.ReadPlain(node, input);
        lowering.Call(
            node,
            $"{node.Name}: where the {(largest ? "largest" : "smallest")} of {split.Count} values is, {(long)split.Outer * split.Inner} times.",
            "ArgKernel.Run",
            Arg.Pointer("x", x),
            Arg.Pointer("y", lowering.WritePlain(node, node.Outputs[0])),
            Arg.Int("outer", split.Outer),
            Arg.Int("count", split.Count),
            Arg.Int("inner", split.Inner),
            Arg.Bool("largest", largest),
            Arg.Bool("last", node.Attributes.Int("select_last_index") != 0));
    }
}

/// <summary>Where the largest value is (ONNX ArgMax, opsets 1 to 13).</summary>
public sealed class ArgMax() : ArgOperator("ArgMax", largest: true);

/// <summary>Where the smallest value is (ONNX ArgMin, opsets 1 to 13).</summary>
public sealed class ArgMin() : ArgOperator("ArgMin", largest: false);
