using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Between which bounds a value's elements lie, whatever the inputs are, as far as activations, pools and constants tell. Infinite where nothing is known.</summary>
internal sealed class ValueRanges
{
    // Deep graphs are followed this far back; further away nothing is known.
    private const int Deepest = 64;

    private readonly Dictionary<Value, (double Low, double High)> known = [];

    private static (double Low, double High) Anything => (double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>The bounds of a value.</summary>
    public (double Low, double High) Of(Value value) => Of(value, Deepest);

    private (double Low, double High) Of(Value value, int depth)
    {
        if (!known.TryGetValue(value, out (double Low, double High) range))
        {
            range = !value.Type.IsFloat() || depth == 0 ? Anything : value.Constant is { } constant ? Content(constant) : value.Producer is { } node ? Result(node, depth - 1) : Anything;
            if (depth > 0)
            {
                known.Add(value, range);
            }
        }

        return range;
    }

    private static (double Low, double High) Content(Tensor constant)
    {
        if (constant.Count == 0 || constant.Type.Size() < 2)
        {
            return Anything;
        }

        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double x in WholeTensors.Doubles(constant))
        {
            if (double.IsNaN(x))
            {
                return Anything;
            }

            (low, high) = (Math.Min(low, x), Math.Max(high, x));
        }

        return (low, high);
    }

    private (double Low, double High) Result(Node node, int depth)
    {
        (double Low, double High) Input(int index) => Of(node.Input(index), depth);
        (double Low, double High) Union(IEnumerable<Value> values) => values.Select(v => Of(v, depth)).Aggregate((a, b) => (Math.Min(a.Low, b.Low), Math.Max(a.High, b.High)));
        if (node.Operator.Domain.Length > 0 || node.Inputs.Count == 0 || node.InputOrNull(0) is null)
        {
            return Anything;
        }

        switch (node.Operator)
        {
            case Relu:
                return (Math.Max(0, Input(0).Low), Math.Max(0, Input(0).High));
            case Clip when Clip.ConstantBounds(node) is var (low, high) && low <= high:
                return (Math.Clamp(Input(0).Low, low, high), Math.Clamp(Input(0).High, low, high));
            case MaxPool or GlobalMaxPool or GlobalAveragePool or ViewOperator or Identity or Expand or Tile or Slice or Split or Gather or DepthToSpace or SpaceToDepth or ReduceMean or ReduceMax or ReduceMin:
                return Input(0);
            case AveragePool:
                return (Math.Min(0, Input(0).Low), Math.Max(0, Input(0).High)); // zeros of the padding may count
            case Concat:
                return Union(node.Inputs!);
            case Max:
                return (node.Inputs.Max(i => Of(i!, depth).Low), node.Inputs.Max(i => Of(i!, depth).High));
            case Min:
                return (node.Inputs.Min(i => Of(i!, depth).Low), node.Inputs.Min(i => Of(i!, depth).High));
            case Add:
                return (Input(0).Low + Input(1).Low, Input(0).High + Input(1).High);
            case Mul when Input(0).Low >= 0 && Input(1).Low >= 0:
                return (0, double.PositiveInfinity);
            default:
                return node.Operator.Name switch
                {
                    "Sigmoid" or "HardSigmoid" or "Softmax" => (0, 1),
                    "Tanh" or "Erf" or "Softsign" or "Sin" or "Cos" => (-1, 1),
                    "Exp" or "Softplus" or "Sqrt" or "Abs" or "ReduceL1" or "ReduceL2" or "ReduceSumSquare" => (0, double.PositiveInfinity),
                    _ => Anything,
                };
        }
    }
}
