using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>The scaled sum of each plane of bytes, [N, C, spatial...] to [N, C, 1...]; made by the optimiser, never read from a file.</summary>
/// <remarks>y = clamp(round(sum of (x - x_zero) * factor) + y_zero, low, high). The sum is exact, the rest in single precision.</remarks>
public sealed class IntegerMean : Operator
{
    /// <inheritdoc/>
    public override string Name => "IntegerMean";

    /// <inheritdoc/>
    public override string Domain => Narrow.OwnDomain;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        return [new TensorType(ElementType.UInt8, new Shape([x[0], x[1], .. Enumerable.Repeat(1, x.Rank - 2)]))];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Attributes a = node.Attributes;
        byte[] x = inputs[0]!.Bytes;
        var result = new Tensor(ElementType.UInt8, node.Outputs[0].Shape);
        int plane = x.Length / result.Count;
        for (int i = 0; i < result.Count; i++)
        {
            long sum = -plane * a.Int("x_zero");
            foreach (byte pixel in x.AsSpan(i * plane, plane))
            {
                sum += pixel;
            }

            float scaled = sum * a.Float("factor");
            result.Bytes[i] = (byte)Math.Clamp(MathF.Round(scaled, MidpointRounding.ToEven) + a.Int("y_zero"), a.Int("low"), a.Int("high"));
        }

        return [result];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => ByteSteps.Mean(node, lowering);
}
