using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Puts slices back that pruning took out of a value: constants, or anything where nobody reads them.</summary>
/// <remarks>
/// The compiler's own operator. X is [..., m, ...]; the constant fill is [..., n - m, ...] or broadcasts to it; attributes axis, size (n)
/// and slices (m indices below n: where the slices of X go, ascending). Y is [..., n, ...].
/// </remarks>
public sealed class Widen : Operator
{
    /// <inheritdoc/>
    public override string Name => "Widen";

    /// <inheritdoc/>
    public override string Domain => Narrow.OwnDomain;

    /// <summary>Adds such a node at the end of the graph.</summary>
    public static Value Add(Graph graph, Value x, int axis, int[] slices, int size, Tensor fill)
    {
        Attributes attributes = new Attributes().Set("axis", axis).Set("size", size).Set("slices", slices);
        Value constant = graph.Constant(x.Name + " fill", fill);
        return graph.Insert(null, x.Name + " widened", "Widen", [x, constant], attributes, domain: Narrow.OwnDomain).Outputs[0];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) =>
        [new TensorType(node.Input(0).Type, node.Input(0).Shape.With((int)node.Attributes.Int("axis"), (int)node.Attributes.Int("size")))];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        int axis = (int)node.Attributes.Int("axis"), elementSize = inputs[0]!.Type.Size();
        int[] slices = Slices(node), missing = Missing(node);
        Shape shape = node.Outputs[0].Shape;
        Tensor fill = TensorSlices.Expand(inputs[1]!, shape.With(axis, missing.Length).Dims);
        var y = new Tensor(inputs[0]!.Type, shape);
        int outer = Grid.Count(shape.Dims[..axis]), inner = Grid.Count(shape.Dims[(axis + 1)..]) * elementSize;
        for (int o = 0; o < outer; o++)
        {
            Put(inputs[0]!, slices, o);
            Put(fill, missing, o);
        }

        return [y];

        void Put(Tensor from, int[] to, int o)
        {
            for (int i = 0; i < to.Length; i++)
            {
                from.Bytes.AsSpan(((o * to.Length) + i) * inner, inner).CopyTo(y.Bytes.AsSpan(((o * shape[axis]) + to[i]) * inner));
            }
        }
    }

    /// <summary>Where the columns of a matrix go, and the constants between them (0 in their own places): null where it is no matrix of float32, or its rows have different constants.</summary>
    internal static (int[] Slices, float[] Fill)? Columns(Node node)
    {
        Tensor fill = node.ConstantInput(1)!;
        int size = (int)node.Attributes.Int("size");
        if (node.Outputs[0].Shape.Rank != 2 || node.Attributes.Int("axis") != 1 || fill.Type != ElementType.Float32 || (fill.Shape.Count != 1 && fill.Shape.Count != fill.Shape[-1]))
        {
            return null;
        }

        int[] missing = Missing(node);
        float[] columns = new float[size], values = fill.As<float>().ToArray();
        for (int i = 0; i < missing.Length; i++)
        {
            columns[missing[i]] = values[values.Length == 1 ? 0 : i];
        }

        return (Slices(node), columns);
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        if (lowering.IsWritten(node.Outputs[0]))
        {
            return; // by the product that makes its input
        }

        int axis = (int)node.Attributes.Int("axis");
        Storage from = lowering.Read(node.Input(0)), fill = lowering.Read(node.Input(1)), to = lowering.Write(node.Outputs[0]);
        int[] slices = Slices(node), missing = Missing(node);
        lowering.CopySlices(node, "back to slices", axis, from, Grid.Range(slices.Length), to, slices);
        if (missing.Length > 0)
        {
            long[] strides = fill.Strides.Select((s, a) => fill.Shape[a] == 1 ? 0 : s).ToArray();
            Storage spread = fill with { Shape = to.Shape.With(axis, missing.Length), Strides = strides };
            lowering.CopySlices(node, "constants, slices", axis, spread, Grid.Range(missing.Length), to, missing);
        }
    }

    private static int[] Slices(Node node) => Array.ConvertAll(node.Attributes.Ints("slices")!, s => (int)s);

    private static int[] Missing(Node node) => Grid.Range((int)node.Attributes.Int("size")).Except(Slices(node)).ToArray();
}
