using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>Sum of two byte values of one shape in their scales; made by the optimiser, never read from a file.</summary>
/// <remarks>
/// y = clamp(round((a - a_less) * left + ((b - b_less) * right + offset)), low, high) + y_more, in single precision. Attributes: left, right, offset,
/// a_less, b_less and y_more (0, or 128 where the value stands for an int8), low and high.
/// </remarks>
public sealed class IntegerAdd : Operator
{
    /// <inheritdoc/>
    public override string Name => "IntegerAdd";

    /// <inheritdoc/>
    public override string Domain => Narrow.OwnDomain;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => node.Input(0).Shape == node.Input(1).Shape
        ? [new TensorType(ElementType.UInt8, node.Input(0).Shape)]
        : throw new OperatorException(node, $"takes operands of one shape, not {node.Input(0).Shape} and {node.Input(1).Shape}");

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Attributes a = node.Attributes;
        float left = a.Float("left"), right = a.Float("right"), offset = a.Float("offset"), low = a.Int("low"), high = a.Int("high");
        long leftLess = a.Int("a_less"), rightLess = a.Int("b_less");
        byte[] x = inputs[0]!.Bytes, y = inputs[1]!.Bytes, sum = new byte[x.Length];
        for (int i = 0; i < sum.Length; i++)
        {
            float product = (x[i] - leftLess) * left, other = (y[i] - rightLess) * right;
            float value = other + offset;
            value = product + value;
            sum[i] = (byte)(Math.Clamp(MathF.Round(value, MidpointRounding.ToEven), low, high) + a.Int("y_more"));
        }

        return [new Tensor(ElementType.UInt8, inputs[0]!.Shape, sum)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => ByteSteps.Add(node, lowering);
}
