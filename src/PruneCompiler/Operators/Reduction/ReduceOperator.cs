using PruneCompiler.Analyze;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>
/// A fold over some axes (ONNX ReduceSum and its kin). Axes are an attribute or, in newer opsets, a constant input; without any all axes are reduced, or with
/// noop_with_empty_axes = 1 none. keepdims = 1 (the default) leaves reduced axes in with size 1.
/// </summary>
/// <param name="name">ONNX's name.</param>
/// <param name="fold">add, mul, min or max.</param>
public abstract class ReduceOperator(string name, string fold) : Operator
{
    private static readonly AxisRule Rule = new() { Mixed = n => Enumerable.Range(0, n.Input(0).Shape.Rank).Where(a => Reduced(n)[a]).ToArray() };

    /// <inheritdoc/>
    public override ChannelRule Channels => Rule;

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape shape = node.Input(0).Shape;
        bool[] reduced = Reduced(node);
        bool keep = node.Attributes.Int("keepdims", 1) != 0;
        var dims = new List<int>();
        for (int i = 0; i < shape.Rank; i++)
        {
            if (!reduced[i])
            {
                dims.Add(shape[i]);
            }
            else if (keep)
            {
                dims.Add(1);
            }
        }

        return [new TensorType(node.Input(0).Type, new Shape(dims.ToArray()))];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!;
        var y = new Tensor(x.Type, node.Outputs[0].Shape);
        bool[] reduced = Reduced(node);
        int[] to = KeptStrides(x.Shape, reduced);
        var groups = new List<double>[y.Count];
        var wholes = new List<Int128>[y.Count];
        bool real = x.Type.IsFloat();
        for (int i = 0; i < y.Count; i++)
        {
            groups[i] = [];
            wholes[i] = [];
        }

        int[] own = x.Shape.Strides();
        for (int i = 0; i < x.Count; i++)
        {
            int at = 0;
            for (int d = 0; d < own.Length; d++)
            {
                at += i / own[d] % x.Shape[d] * to[d];
            }

            if (real)
            {
                groups[at].Add(Numbers.ReadFloat(x, i));
            }
            else
            {
                wholes[at].Add(Numbers.ReadInteger(x, i));
            }
        }

        for (int i = 0; i < y.Count; i++)
        {
            if (real)
            {
                Numbers.WriteFloat(y, i, Real(groups[i]));
            }
            else
            {
                Numbers.WriteInteger(y, i, Whole(wholes[i], x.Type));
            }
        }

        return [y];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering)
    {
        Value x = node.Input(0);
        bool[] reduced = Reduced(node);
        long count = 1;
        for (int i = 0; i < reduced.Length; i++)
        {
            count *= reduced[i] ? x.Shape[i] : 1;
        }

        string type = ElementKinds.Computed(x.Type.Text());
        lowering.Reduce(node, $"{node.Name}: {Name} of {x.TensorType} to {node.Outputs[0].Shape}, {count} values each.", node.Outputs[0], x, reduced, Value(type), fold, Finish(type, count));
    }

    /// <summary>Which axes are reduced.</summary>
    public static bool[] Reduced(Node node)
    {
        int rank = node.Input(0).Shape.Rank;
        long[]? axes = node.InputOrNull(1) is null ? node.Attributes.Ints("axes") : node.RequireConstant(1, "axes").ToInt64Array();
        var reduced = new bool[rank];
        if (axes is null || axes.Length == 0)
        {
            Array.Fill(reduced, node.Attributes.Int("noop_with_empty_axes") == 0);
            return reduced;
        }

        foreach (long axis in axes)
        {
            if (axis < -rank || axis >= rank)
            {
                throw new OperatorException(node, $"axis {axis} does not exist in {node.Input(0).Shape}");
            }

            reduced[axis < 0 ? axis + rank : axis] = true;
        }

        return reduced;
    }

    /// <summary>What is folded, over the name a.</summary>
    protected virtual string Value(string type) => "a";

    /// <summary>What becomes of the folded value r.</summary>
    /// <param name="type">Computing type.</param>
    /// <param name="count">Values per result.</param>
    protected virtual string Finish(string type, long count) => "r";

    /// <summary>Reference for floats.</summary>
    protected abstract double Real(IReadOnlyList<double> x);

    /// <summary>Reference for integers and truth values; may be left out.</summary>
    protected virtual Int128 Whole(IReadOnlyList<Int128> x, ElementType type) => (Int128)Math.Truncate(Real(x.Select(v => (double)v).ToList()));

    /// <summary>A function of floats as the last step; integers go through float64.</summary>
    protected static string FinishReal(string type, string function) => ElementKinds.IsFloat(type) ? $"({function} r)" : $"(cast {type} ({function} (cast float64 r)))";

    private static int[] KeptStrides(Shape shape, bool[] reduced)
    {
        var strides = new int[shape.Rank];
        int step = 1;
        for (int i = shape.Rank - 1; i >= 0; i--)
        {
            strides[i] = reduced[i] ? 0 : step;
            step *= reduced[i] ? 1 : shape[i];
        }

        return strides;
    }
}
