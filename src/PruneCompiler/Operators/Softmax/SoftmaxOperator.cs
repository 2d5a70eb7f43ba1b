using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>An operator over groups of values along an axis: from opset 13 on along one axis (default -1), before over all axes from "axis" (default 1) on.</summary>
/// <param name="name">ONNX's name.</param>
/// <param name="kernel">Runtime method.</param>
public abstract class SoftmaxOperator(string name, string kernel) : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = Mixed };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        _ = Split(node);
        return [node.Input(0).TensorType];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        var y = new Tensor(x.Type, x.Shape);
        AxisSplit split = Split(node);
        var group = new double[split.Count];
        for (int o = 0; o < split.Outer; o++)
        {
            for (int i = 0; i < split.Inner; i++)
            {
                for (int k = 0; k < split.Count; k++)
                {
                    group[k] = Numbers.ReadFloat(x, (((o * split.Count) + k) * split.Inner) + i);
                }

                Group(group);
                for (int k = 0; k < split.Count; k++)
                {
                    Numbers.WriteFloat(y, (((o * split.Count) + k) * split.Inner) + i, group[k]);
                }
            }
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        AxisSplit split = Split(node);
        ElementType type = ElementConversion.Computed(node.Input(0).Type);
        Storage x = lowering.ReadPlainAs(node, node.Input(0), type);
        lowering.WritePlainAs(node, node.Outputs[0], type, y => lowering.Call(
            node,
            $"{node.Name}: {Name} of {(long)split.Outer * split.Inner} groups of {split.Count} values.",
            kernel,
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Int("outer", split.Outer),
            Arg.Int("count", split.Count),
            Arg.Int("inner", split.Inner)));
    }

    /// <summary>Reference for one group, in place.</summary>
    protected abstract void Group(double[] x);

    private static int[] Mixed(Node node)
    {
        int rank = node.Input(0).Shape.Rank;
        if (node.Opset >= 13)
        {
            return [AxisSplit.Axis(node, node.Input(0).Shape, node.Attributes.Int("axis", -1))];
        }

        int axis = (int)node.Attributes.Int("axis", 1);
        axis += axis < 0 ? rank : 0;
        return Enumerable.Range(axis, rank - axis).ToArray();
    }

    private static AxisSplit Split(Node node) => node.Opset >= 13
        ? AxisSplit.At(node, node.Input(0).Shape, node.Attributes.Int("axis", -1))
        : AxisSplit.From(node, node.Input(0).Shape, node.Attributes.Int("axis", 1));
}

/// <summary>e^x / sum of e^x in each group (ONNX Softmax, opsets 1 to 13).</summary>
public sealed class Softmax() : SoftmaxOperator("Softmax", "SoftmaxKernel.Softmax")
{
    /// <inheritdoc/>
    protected override void Group(double[] x)
    {
        double largest = x.Length == 0 ? 0 : x.Max(), sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = Math.Exp(x[i] - largest);
            sum += x[i];
        }

        for (int i = 0; i < x.Length; i++)
        {
            x[i] /= sum;
        }
    }
}

/// <summary>The logarithm of <see cref="Softmax"/> (ONNX LogSoftmax, opsets 1 to 13).</summary>
public sealed class LogSoftmax() : SoftmaxOperator("LogSoftmax", "SoftmaxKernel.LogSoftmax")
{
    /// <inheritdoc/>
    protected override void Group(double[] x)
    {
        double largest = x.Length == 0 ? 0 : x.Max();
        double offset = largest + Math.Log(x.Sum(v => Math.Exp(v - largest)));
        for (int i = 0; i < x.Length; i++)
        {
            x[i] -= offset;
        }
    }
}

/// <summary>1 at the first largest value of each group, else 0 (ONNX Hardmax, opsets 1 to 13).</summary>
public sealed class Hardmax() : SoftmaxOperator("Hardmax", "SoftmaxKernel.Hardmax")
{
    /// <inheritdoc/>
    protected override void Group(double[] x)
    {
        int best = Array.IndexOf(x, x.Length == 0 ? 0 : x.Max());
        for (int i = 0; i < x.Length; i++)
        {
            x[i] = i == best ? 1 : 0;
        }
    }
}
