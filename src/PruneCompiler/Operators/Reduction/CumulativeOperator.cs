using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>A running fold along an axis that is a constant input; exclusive = 1 leaves each value itself out, reverse = 1 runs from the end.</summary>
/// <param name="name">ONNX's name.</param>
/// <param name="product">Whether values are multiplied.</param>
public abstract class CumulativeOperator(string name, bool product) : Operator
{
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
        bool exclusive = node.Attributes.Int("exclusive") != 0, reverse = node.Attributes.Int("reverse") != 0, real = x.Type.IsFloat();
        for (int i = 0; i < x.Count; i++)
        {
            int at = i / split.Inner % split.Count;
            double sum = product ? 1 : 0;
            Int128 whole = product ? 1 : 0;
            for (int k = 0; k < split.Count; k++)
            {
                if (k == at ? exclusive : reverse ? k < at : k > at)
                {
                    continue;
                }

                int from = i + ((k - at) * split.Inner);
                if (real)
                {
                    sum = product ? sum * Numbers.ReadFloat(x, from) : sum + Numbers.ReadFloat(x, from);
                }
                else
                {
                    whole = (long)(product ? whole * Numbers.ReadInteger(x, from) : whole + Numbers.ReadInteger(x, from));
                }
            }

            if (real)
            {
                Numbers.WriteFloat(y, i, sum);
            }
            else
            {
                Numbers.WriteInteger(y, i, whole);
            }
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        AxisSplit split = Split(node);
        Value input = node.Input(0);
        ElementType type = input.Type.IsFloat() ? ElementConversion.Computed(input.Type) : input.Type;
        Storage x = lowering.ReadPlainAs(node, input, type);
        lowering.WritePlainAs(node, node.Outputs[0], type, y => lowering.Call(
            node,
            $"{node.Name}: running {(product ? "products" : "sums")} over {split.Count} values, {(long)split.Outer * split.Inner} times.",
            "CumulativeKernel.Run",
            Arg.Pointer("x", x),
            Arg.Pointer("y", y),
            Arg.Int("outer", split.Outer),
            Arg.Int("count", split.Count),
            Arg.Int("inner", split.Inner),
            Arg.Bool("product", product),
            Arg.Bool("exclusive", node.Attributes.Int("exclusive") != 0),
            Arg.Bool("reverse", node.Attributes.Int("reverse") != 0)));
    }

    private static AxisSplit Split(Node node)
    {
        Tensor axis = node.RequireConstant(1, "the axis");
        return axis.Count == 1 ? AxisSplit.At(node, node.Input(0).Shape, axis.GetInt64(0)) : throw new OperatorException(node, "the axis must be one number");
    }
}

/// <summary>Running sums (ONNX CumSum, opsets 11 to 14).</summary>
public sealed class CumSum() : CumulativeOperator("CumSum", product: false);

/// <summary>Running products (ONNX CumProd, opset 26).</summary>
public sealed class CumProd() : CumulativeOperator("CumProd", product: true);
