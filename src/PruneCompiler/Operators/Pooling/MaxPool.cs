using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>The largest pixel under each window, and where it was (ONNX MaxPool, opsets 1 to 22).</summary>
/// <remarks>The indices count through the whole input, row-major, or with storage_order 1 column-major within each plane.</remarks>
public sealed class MaxPool : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = n => Enumerable.Range(2, n.Input(0).Shape.Rank - 2).ToArray(), KeepsConstants = _ => true, Applies = n => n.Outputs.Count == 1 };

    /// <inheritdoc/>
    public override string Name => "MaxPool";

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape x = node.Input(0).Shape;
        var result = new Shape([x[0], x[1], .. SpatialWindow.OfPool(node, x).Output]);
        return [new TensorType(node.Input(0).Type, result), new TensorType(ElementType.Int64, result)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        SpatialWindow window = SpatialWindow.OfPool(node, x.Shape);
        int planes = x.Shape[0] * x.Shape[1];
        var shape = new Shape([x.Shape[0], x.Shape[1], .. window.Output]);
        double[] pixels = WholeTensors.Doubles(x);
        double lowest = x.Type switch
        {
            ElementType.UInt8 or ElementType.UInt16 or ElementType.UInt32 or ElementType.UInt64 => 0,
            ElementType.Int8 => sbyte.MinValue,
            ElementType.Int16 => short.MinValue,
            ElementType.Int32 => int.MinValue,
            ElementType.Int64 => long.MinValue,
            _ => double.NegativeInfinity,
        };
        double[] values = PoolReference.Run(pixels, planes, window, new(lowest, (best, v, _) => v > best ? v : best, (best, _, _) => best));
        Tensor result = WholeTensors.Tensor(x.Type, shape, values);
        return node.Outputs.Count < 2 ? [result] : [result, Indices(node, pixels, planes, window, shape)];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        if (ByteSteps.IsWindow(node))
        {
            ByteSteps.Max(node, lowering);
        }
        else
        {
            PlainPool.LowerMax(node, lowering);
        }
    }

    private static Tensor Indices(Node node, double[] pixels, int planes, SpatialWindow window, Shape shape)
    {
        double best = double.NegativeInfinity;
        double[] found = PoolReference.Run(pixels, planes, window, new(-1, Next, (at, _, _) => at));
        SpatialWindow deep = window.InThreeDimensions();
        int plane = deep.Input[0] * deep.Input[1] * deep.Input[2], outputs = (int)deep.OutputPixels;
        bool columnMajor = node.Attributes.Int("storage_order") != 0;
        var result = new long[found.Length];
        for (int i = 0; i < found.Length; i++)
        {
            int at = (int)found[i], z = at / (deep.Input[1] * deep.Input[2]), y = at / deep.Input[2] % deep.Input[1], x = at % deep.Input[2];
            result[i] = ((long)(i / outputs) * plane) + (columnMajor ? (((x * deep.Input[1]) + y) * (long)deep.Input[0]) + z : at);
        }

        return Tensor.Of<long>(shape, result);

        double Next(double at, double value, int index)
        {
            if (at < 0 || value > best)
            {
                best = value;
                return index;
            }

            return at;
        }
    }
}
