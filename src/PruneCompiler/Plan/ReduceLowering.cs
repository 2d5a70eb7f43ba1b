using PruneCompiler.Emit;
using PruneCompiler.IR;

namespace PruneCompiler.Plan;

/// <summary>Lowering to reductions.</summary>
public static class ReduceLowering
{
    /// <summary>Adds output = finish(fold of value(input)) over some axes of one input.</summary>
    public static void Reduce(this Lowering lowering, Node node, string about, Value output, Value input, bool[] reduced, string value, string fold, string finish) =>
        lowering.Reduce(node, about, lowering.Write(output), [lowering.Read(input)], input.Shape, reduced, value, fold, finish);

    /// <summary>Adds output = finish(fold of value(inputs)) over some axes of inputs of one shape.</summary>
    /// <param name="lowering">The plan so far.</param>
    /// <param name="node">Gives the step its name.</param>
    /// <param name="about">The sentence above the block.</param>
    /// <param name="output">The result, with the reduced axes left out or kept with size 1.</param>
    /// <param name="inputs">What is read: a, b ... in the expression.</param>
    /// <param name="shape">Shape that all inputs have.</param>
    /// <param name="reduced">Which of its axes are folded.</param>
    /// <param name="value">Expression that is folded.</param>
    /// <param name="fold">add, mul, min or max.</param>
    /// <param name="finish">Expression over r, the folded value.</param>
    public static void Reduce(this Lowering lowering, Node node, string about, Storage output, IReadOnlyList<Storage> inputs, Shape shape, bool[] reduced, string value, string fold, string finish)
    {
        int[] kept = Enumerable.Range(0, shape.Rank).Where(i => !reduced[i]).ToArray(), folded = Enumerable.Range(0, shape.Rank).Where(i => reduced[i]).ToArray();
        bool full = output.Shape.Rank == shape.Rank;
        long[] outStrides = kept.Select((axis, i) => output.Strides[full ? axis : i]).ToArray();
        List<Operand> operands = inputs.Select((s, i) => new Operand(MapLowering.OperandName(i), s.Place, s.Type.Text(), [.. kept.Concat(folded).Select(axis => s.Strides[axis])])).ToList();
        var body = new ReduceBody(
            kept.Select(i => shape[i]).ToArray(), folded.Select(i => shape[i]).ToArray(), new Operand("out", output.Place, output.Type.Text(), outStrides), operands, value, fold, finish);
        lowering.Add(node, about, body);
    }

    /// <summary>Strides with which a reduced result is read along the axes of the shape that it was reduced from: 0 along reduced axes.</summary>
    public static long[] Widen(Storage result, Shape shape, bool[] reduced)
    {
        var strides = new long[shape.Rank];
        bool full = result.Shape.Rank == shape.Rank;
        for (int i = 0, k = 0; i < shape.Rank; i++)
        {
            strides[i] = reduced[i] ? 0 : result.Strides[full ? i : k];
            k += reduced[i] ? 0 : 1;
        }

        return strides;
    }

    /// <summary>Adds output[i] = expression(inputs[i]) over storages of one shape; the output may be one of the inputs.</summary>
    public static void MapStorages(this Lowering lowering, Node node, string about, Storage output, IReadOnlyList<Storage> inputs, string expression)
    {
        List<Operand> operands = inputs.Select((s, i) => new Operand(MapLowering.OperandName(i), s.Place, s.Type.Text(), s.Strides)).ToList();
        lowering.Add(node, about, new MapBody(output.Shape.Dims.ToArray(), new Operand("out", output.Place, output.Type.Text(), output.Strides), operands, expression));
    }
}
