using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>A pool whose window is the whole plane: [N, C, spatial...] becomes [N, C, 1...].</summary>
public abstract class GlobalPool : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = n => Enumerable.Range(2, n.Input(0).Shape.Rank - 2).ToArray() };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        if (x.Rank < 2)
        {
            throw new OperatorException(node, $"the input has shape {x}; batch and channels are needed");
        }

        return [new TensorType(node.Input(0).Type, new Shape([x[0], x[1], .. Enumerable.Repeat(1, x.Rank - 2)]))];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        double[] pixels = WholeTensors.Doubles(x);
        int planes = x.Shape[0] * x.Shape[1], plane = planes == 0 ? 0 : pixels.Length / planes;
        var result = new double[planes];
        for (int i = 0; i < planes; i++)
        {
            result[i] = Fold(node, pixels.AsSpan(i * plane, plane));
        }

        return [WholeTensors.Tensor(x.Type, Infer(node)[0].Shape, result)];
    }

    /// <summary>One window over a whole plane.</summary>
    internal static SpatialWindow Window(Shape x)
    {
        int pixels = (int)(x.Count / Math.Max(1, (long)x[0] * x[1]));
        return new SpatialWindow([pixels], [1], [pixels], [1], [1], [0], [0]);
    }

    /// <summary>The result for one plane.</summary>
    protected abstract double Fold(Node node, ReadOnlySpan<double> plane);
}

/// <summary>The mean of each plane (ONNX GlobalAveragePool, opsets 1 to 22).</summary>
public sealed class GlobalAveragePool : GlobalPool
{
    /// <inheritdoc/>
    public override string Name => "GlobalAveragePool";

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => PlainPool.LowerGlobal(node, lowering, "Average");

    /// <inheritdoc/>
    protected override double Fold(Node node, ReadOnlySpan<double> plane)
    {
        double sum = 0;
        foreach (double v in plane)
        {
            sum += v;
        }

        return sum / plane.Length;
    }
}

/// <summary>The maximum of each plane (ONNX GlobalMaxPool, opsets 1 to 22).</summary>
public sealed class GlobalMaxPool : GlobalPool
{
    /// <inheritdoc/>
    public override string Name => "GlobalMaxPool";

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => PlainPool.LowerGlobal(node, lowering, "Max");

    /// <inheritdoc/>
    protected override double Fold(Node node, ReadOnlySpan<double> plane)
    {
        double best = double.NegativeInfinity;
        foreach (double v in plane)
        {
            best = v > best ? v : best;
        }

        return best;
    }
}

/// <summary>The p-norm of each plane (ONNX GlobalLpPool, opsets 1 to 22).</summary>
public sealed class GlobalLpPool : GlobalPool
{
    /// <inheritdoc/>
    public override string Name => "GlobalLpPool";

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => PlainPool.LowerNorm(node, lowering, Window(node.Input(0).Shape), LpPool.Exponent(node));

    /// <inheritdoc/>
    protected override double Fold(Node node, ReadOnlySpan<double> plane)
    {
        double p = LpPool.Exponent(node), sum = 0;
        foreach (double v in plane)
        {
            sum += Math.Pow(Math.Abs(v), p);
        }

        return Math.Pow(sum, 1 / p);
    }
}
