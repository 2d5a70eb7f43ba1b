using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// Sums of products over named axes (ONNX Einsum, opset 12), "ij,jk->ik" say, with "..." for broadcast axes and repeated names for diagonals. A function of simpler
/// operators: two operands at a time, as one batched MatMul each.
/// </summary>
public sealed class Einsum() : FunctionOperator("")
{
    /// <inheritdoc/>
    public override string Name => "Einsum";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        var equation = EinsumEquation.Parse(node);
        return [new TensorType(node.Input(0).Type, new Shape(equation.Result.Select(c => equation.Sizes[c]).ToArray()))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value>? Decompose(Node node, Graph graph)
    {
        var equation = EinsumEquation.Parse(node);
        var f = new FunctionBuilder(graph, node);
        (string Axes, Value Value) left = Diagonals(f, equation, 0, node.Input(0));
        for (int i = 1; i < node.Inputs.Count; i++)
        {
            (string, Value) right = Diagonals(f, equation, i, node.Input(i));
            left = Contract(f, equation, left, right, equation.Result + string.Concat(equation.Operands.Skip(i + 1)));
        }

        left = SumAway(f, left, equation.Result);
        int[] order = equation.Result.Select(c => left.Axes.IndexOf(c)).ToArray();
        Value ordered = order.SequenceEqual(Enumerable.Range(0, order.Length)) ? left.Value : f.Transpose(left.Value, order);
        var shape = new Shape(equation.Result.Select(c => equation.Sizes[c]).ToArray());
        return [ordered.Shape == shape ? f.Add("Identity", ordered) : f.Add("Expand", ordered, f.Integers(Array.ConvertAll(shape.Dims.ToArray(), d => (long)d)))];
    }

    // An axis that is named twice becomes one: flattened with a stride of its size + 1, every first element of a row is on the diagonal.
    private static (string Axes, Value Value) Diagonals(FunctionBuilder f, EinsumEquation equation, int operand, Value value)
    {
        string axes = equation.Operands[operand];
        foreach (char c in axes.Where(c => axes.Count(o => o == c) > 1).Distinct().ToArray())
        {
            while (axes.Count(o => o == c) > 1)
            {
                int first = axes.IndexOf(c), second = axes.IndexOf(c, first + 1), n = value.Shape[first];
                int[] order = [.. Enumerable.Range(0, axes.Length).Where(i => i != first && i != second), first, second];
                value = f.Transpose(value, order);
                int[] outer = value.Shape.Dims[..^2].ToArray();
                axes = string.Concat(order.Take(order.Length - 2).Select(i => axes[i])) + c;

                // [.., n, n] -> [.., n * n], n zeros behind -> [.., n, n + 1] -> column 0.
                value = f.Reshape(value, [.. outer, n * n]);
                long[] pads = new long[2 * value.Shape.Rank];
                pads[^1] = n;
                value = f.Reshape(f.Add("Pad", value, f.Integers(pads)), [.. outer, n, n + 1]);
                value = f.Reshape(f.Add("Slice", value, f.Integers(0), f.Integers(1), f.Integers(-1)), [.. outer, n]);
            }
        }

        return (axes, value);
    }

    private static (string Axes, Value Value) Contract(FunctionBuilder f, EinsumEquation equation, (string Axes, Value Value) left, (string Axes, Value Value) right, string needed)
    {
        left = SumAway(f, left, needed + right.Axes);
        right = SumAway(f, right, needed + left.Axes);
        string shared = string.Concat(left.Axes.Where(right.Axes.Contains)), summed = string.Concat(shared.Where(c => !needed.Contains(c)));
        string batch = string.Concat(shared.Where(needed.Contains));
        string rows = string.Concat(left.Axes.Where(c => !shared.Contains(c))), columns = string.Concat(right.Axes.Where(c => !shared.Contains(c)));
        Value a = Group(f, equation, left, batch, rows, summed), b = Group(f, equation, right, batch, summed, columns);
        Value product = f.Add("MatMul", a, b);
        string axes = batch + rows + columns;
        int[] dims = [.. product.Shape.Dims[..batch.Length], .. rows.Select(c => equation.Sizes[c]), .. columns.Select(c => equation.Sizes[c])];
        return (axes, f.Reshape(product, dims));
    }

    // [batch axes (1 where the operand broadcasts), product of p, product of q]
    private static Value Group(FunctionBuilder f, EinsumEquation equation, (string Axes, Value Value) operand, string batch, string p, string q)
    {
        string target = batch + p + q;
        int Size(char c) => operand.Value.Shape[operand.Axes.IndexOf(c)];
        int[] order = target.Select(c => operand.Axes.IndexOf(c)).ToArray();
        Value value = operand.Value;

        // A broadcast axis that is summed has to be repeated, for the other side is not.
        if ((p + q).Any(c => Size(c) != equation.Sizes[c] && batch.IndexOf(c) < 0))
        {
            int[] full = operand.Axes.Select(c => batch.Contains(c) ? Size(c) : equation.Sizes[c]).ToArray();
            value = f.Add("Expand", value, f.Integers(Array.ConvertAll(full, d => (long)d)));
        }

        Value ordered = order.SequenceEqual(Enumerable.Range(0, order.Length)) ? value : f.Transpose(value, order);
        int Product(string axes) => axes.Aggregate(1, (n, c) => n * equation.Sizes[c]);
        return f.Reshape(ordered, [.. batch.Select(Size), Product(p), Product(q)]);
    }

    private static (string Axes, Value Value) SumAway(FunctionBuilder f, (string Axes, Value Value) operand, string needed)
    {
        long[] gone = Enumerable.Range(0, operand.Axes.Length).Where(i => !needed.Contains(operand.Axes[i])).Select(i => (long)i).ToArray();
        return gone.Length == 0 ? operand
            : (string.Concat(operand.Axes.Where(needed.Contains)), f.Add("ReduceSum", new Attributes().Set("keepdims", 0), operand.Value, f.Integers(gone)));
    }
}
