using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Prune;

/// <summary>Which slices of a result repeat others because those of the operands do.</summary>
internal static class CopiesThrough
{
    /// <summary>Looks at one node; null when nothing repeats, or nothing is known of the operator.</summary>
    public static Copies? Find(Node node, IReadOnlyDictionary<Value, Copies> copies)
    {
        Copies? first = node.Inputs.Where(i => i is not null).Select(i => copies.GetValueOrDefault(i!)).FirstOrDefault(c => c is not null);
        if (first is null || node.Operator.Domain.Length > 0)
        {
            return null;
        }

        switch (node.Operator)
        {
            case Relu or LeakyRelu or MaxPool or GlobalMaxPool:
                return Scaled(node, first, f => (Math.Sign(f), Math.Abs(f)));
            case AveragePool or GlobalAveragePool or Identity or Neg:
                return Scaled(node, first, f => (1, f));
            case BatchNormalization when !BatchNormalization.IsTraining(node) && first.Axis == 1:
                return Lines(node, first);
            case Transpose:
                return first with { Axis = Array.IndexOf(Transpose.Order(node), first.Axis) };
            case ReshapeOperator:
                return Reshaped(node, first);
            case Concat:
                return Joined(node, copies);
            case AffineQuantization or Cast:
                return null; // what is quantised stays in its type
            case ElementwiseOperator:
                return Elementwise(node, copies, first);
            default:
                return null;
        }
    }

    private static Copies? Scaled(Node node, Copies copies, Func<double, (int Sign, double Factor)> split) => node.Outputs.Count > 1 || copies.Axis >= node.Outputs[0].Shape.Rank ? null
        : Copies.Find(copies.Axis, copies.Original.Length, copies.Work, i => split(copies.Factor[i]) is var (sign, factor) ? ($"{copies.Original[i]} {sign}", factor) : null);

    private static Copies? Lines(Node node, Copies copies)
    {
        if (Enumerable.Range(1, 4).Any(i => node.ConstantInput(i) is null))
        {
            return null;
        }

        double[][] p = Enumerable.Range(1, 4).Select(i => WholeTensors.Doubles(node.ConstantInput(i)!)).ToArray();
        double epsilon = node.Attributes.Float("epsilon", 1e-5f);
        return Copies.Find(1, copies.Original.Length, copies.Work, i =>
        {
            double scale = p[0][i] / Math.Sqrt(p[3][i] + epsilon), shift = p[1][i] - (p[2][i] * scale), slope = scale * copies.Factor[i];
            return slope == 0 || !double.IsFinite(slope) ? null : ($"{copies.Original[i]} {Copies.Text(slope / Copies.Scale(slope))} {Copies.Text(shift / Copies.Scale(slope))}", Copies.Scale(slope));
        });
    }

    // [N, C, ...] to [N, C * ...], or axes of size 1 taken out or put in.
    private static Copies? Reshaped(Node node, Copies copies)
    {
        Shape from = node.Input(0).Shape, to = node.Outputs[0].Shape;
        long before = Grid.Count(from.Dims[..copies.Axis]), lead = 1;
        for (int a = 0; a < to.Rank; lead *= to[a], a++)
        {
            if (lead != before || to[a] % from[copies.Axis] != 0 || to[a] == 1)
            {
                continue;
            }

            int each = to[a] / from[copies.Axis];
            int[] original = Enumerable.Range(0, to[a]).Select(i => (copies.Original[i / each] * each) + (i % each)).ToArray();
            return new Copies(a, original, Enumerable.Range(0, to[a]).Select(i => copies.Factor[i / each]).ToArray(), copies.Work);
        }

        return null;
    }

    private static Copies? Joined(Node node, IReadOnlyDictionary<Value, Copies> copies)
    {
        int axis = (int)node.Attributes.Int("axis"), rank = node.Outputs[0].Shape.Rank;
        axis = axis < 0 ? axis + rank : axis;
        var slices = node.Inputs.SelectMany(v => Enumerable.Range(0, v!.Shape[axis]).Select(i => Slice(v, i))).ToArray();
        return Copies.Find(axis, slices.Length, node.Inputs.Max(v => copies.GetValueOrDefault(v!)?.Work ?? 0), i => slices[i]);

        (string, double)? Slice(Value value, int i)
        {
            Copies? own = copies.GetValueOrDefault(value);
            int place = node.Inputs.ToList().IndexOf(value); // the same value twice repeats itself
            return own is not null && own.Axis == axis ? ($"{place} {own.Original[i]}", own.Factor[i]) : ($"{place} {i}", 1);
        }
    }

    private static Copies? Elementwise(Node node, IReadOnlyDictionary<Value, Copies> copies, Copies first)
    {
        Shape shape = node.Outputs[0].Shape;
        if (node.Outputs.Count > 1 || node.Inputs.Any(i => i is not null && Shape.Broadcast(i.Shape, shape) != shape))
        {
            return null;
        }

        int rank = shape.Rank, axis = first.Axis + rank - node.Inputs.First(i => i is not null && copies.ContainsKey(i))!.Shape.Rank;
        var constants = node.Inputs.Select(i => i?.Constant).ToArray();
        return shape[axis] != first.Original.Length ? null : Copies.Find(axis, shape[axis], first.Work, i =>
        {
            string key = "";
            for (int n = 0; n < node.Inputs.Count; n++)
            {
                if (node.Inputs[n] is not { } operand)
                {
                    continue;
                }

                int own = axis - (rank - operand.Shape.Rank);
                if (own < 0 || operand.Shape[own] == 1)
                {
                    key += ";all";
                }
                else if (constants[n] is { } constant)
                {
                    key += ";" + Convert.ToHexString(TensorSlices.Take(constant, own, [i]).Bytes);
                }
                else
                {
                    key += copies.GetValueOrDefault(operand) is { } known && known.Axis == own ? $";{known.Original[i]} {Copies.Text(known.Factor[i])}" : $";{i}";
                }
            }

            return (key, 1);
        });
    }
}
