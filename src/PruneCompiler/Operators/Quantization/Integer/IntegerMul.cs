using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>Product of two byte values, of one shape or with one value for each channel; made by the optimiser, never read from a file.</summary>
/// <remarks>
/// a and b (uint8): b has a's shape, or [N, C, 1 ...] of it. y = clamp(round((a - a_zero) * (b - b_zero) * factor) + y_zero, low, high): the product is exact, its scaling in single precision.
/// </remarks>
public sealed class IntegerMul : Operator
{
    /// <inheritdoc/>
    public override string Name => "IntegerMul";

    /// <inheritdoc/>
    public override string Domain => Narrow.OwnDomain;

    /// <summary>True for operands that the kernel takes.</summary>
    public static bool Fits(Shape a, Shape b) => a == b || IsPerChannel(a, b);

    /// <summary>True when b has one value for each channel of each image.</summary>
    public static bool IsPerChannel(Shape a, Shape b) => a != b && a.Rank is 3 or 4 && b.Rank == a.Rank && b[0] == a[0] && b[1] == a[1] && b.Count == (long)b[0] * b[1];

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => Fits(node.Input(0).Shape, node.Input(1).Shape)
        ? [new TensorType(ElementType.UInt8, node.Input(0).Shape)]
        : throw new OperatorException(node, $"cannot multiply {node.Input(0).Shape} by {node.Input(1).Shape}");

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Attributes a = node.Attributes;
        float factor = a.Float("factor");
        int aZero = (int)a.Int("a_zero"), bZero = (int)a.Int("b_zero");
        byte[] x = inputs[0]!.Bytes, y = inputs[1]!.Bytes, result = new byte[x.Length];
        int each = result.Length / Math.Max(1, y.Length);
        for (int i = 0; i < result.Length; i++)
        {
            float scaled = (x[i] - aZero) * (y[i / each] - bZero) * factor;
            result[i] = (byte)Math.Clamp(MathF.Round(scaled, MidpointRounding.ToEven) + a.Int("y_zero"), a.Int("low"), a.Int("high"));
        }

        return [new Tensor(ElementType.UInt8, inputs[0]!.Shape, result)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => ByteSteps.Multiply(node, lowering);
}
