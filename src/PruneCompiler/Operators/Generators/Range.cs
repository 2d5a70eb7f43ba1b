using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>start, start + delta, ... up to limit (exclusive), from constant inputs (ONNX Range, opset 11).</summary>
public sealed class Range : ConstantOperator
{
    /// <inheritdoc/>
    public override string Name => "Range";

    /// <inheritdoc/>
    protected override Tensor Compute(Node node)
    {
        Tensor start = Single(node, 0, "start"), limit = Single(node, 1, "limit"), delta = Single(node, 2, "delta");
        if (delta.GetDouble(0) == 0)
        {
            throw new OperatorException(node, "delta is 0");
        }

        double count = Math.Ceiling((limit.GetDouble(0) - start.GetDouble(0)) / delta.GetDouble(0));
        if (!(count <= int.MaxValue))
        {
            throw new OperatorException(node, $"would have {count} elements");
        }

        var result = new Tensor(start.Type, Rules.Shape(node, (long)Math.Max(0, count)));
        for (int i = 0; i < result.Count; i++)
        {
            if (start.Type.IsInteger())
            {
                Numbers.WriteInteger(result, i, start.GetInt64(0) + (i * delta.GetInt64(0)));
            }
            else
            {
                Numbers.WriteFloat(result, i, start.GetDouble(0) + (i * delta.GetDouble(0)));
            }
        }

        return result;
    }
}
