using PruneCompiler.Analyze;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>x / norm along "axis" (default -1), with the norm "p" 1 or 2 (ONNX LpNormalization, opsets 1 to 22); where the norm is 0 so is the result.</summary>
public sealed class LpNormalization : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = n => [AxisSplit.Axis(n, n.Input(0).Shape, n.Attributes.Int("axis", -1))] };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override string Name => "LpNormalization";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        _ = AxisSplit.At(node, node.Input(0).Shape, node.Attributes.Int("axis", -1));
        return node.Attributes.Int("p", 2) is 1 or 2 ? [node.Input(0).TensorType] : throw new OperatorException(node, "p must be 1 or 2");
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        var y = new Tensor(x.Type, x.Shape);
        AxisSplit split = AxisSplit.At(node, x.Shape, node.Attributes.Int("axis", -1));
        for (int i = 0; i < x.Count; i++)
        {
            int start = i - (i / split.Inner % split.Count * split.Inner);
            double[] group = [.. Enumerable.Range(0, split.Count).Select(k => Numbers.ReadFloat(x, start + (k * split.Inner)))];
            double norm = node.Attributes.Int("p", 2) == 1 ? group.Sum(Math.Abs) : Math.Sqrt(group.Sum(v => v * v));
            Numbers.WriteFloat(y, i, norm == 0 ? 0 : Numbers.ReadFloat(x, i) / norm);
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value x = node.Input(0);
        var reduced = new bool[x.Shape.Rank];
        int axis = AxisSplit.Axis(node, x.Shape, node.Attributes.Int("axis", -1));
        reduced[axis] = true;
        string type = ElementKinds.Computed(x.Type.Text());
        bool sum = node.Attributes.Int("p", 2) == 1;
        Storage norm = lowering.Scratch(node.Name + " norm", new TensorType(ElementConversion.Computed(x.Type), x.Shape.With(axis, 1)));
        lowering.Reduce(node, $"{node.Name}: the norms along axis {axis}.", norm, [lowering.Read(x)], x.Shape, reduced, sum ? "(abs a)" : "(mul a a)", "add", sum ? "r" : "(sqrt r)");
        Storage wide = norm with { Shape = x.Shape, Strides = ReduceLowering.Widen(norm, x.Shape, reduced) };
        string zero = Expressions.Literal(0, type).ToString();
        lowering.MapStorages(node, $"{node.Name}: every value over its norm.", lowering.Write(node.Outputs[0]), [lowering.Read(x), wide], $"(select (equal b {zero}) {zero} (div a b))");
    }
}
