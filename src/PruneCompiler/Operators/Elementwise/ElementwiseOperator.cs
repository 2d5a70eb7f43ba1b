using PruneCompiler.Analyze;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>An operator whose result at an index depends on its inputs at that index only, with numpy broadcasting.</summary>
public abstract class ElementwiseOperator : Operator
{
    /// <inheritdoc/>
    public override ChannelRule Channels => ElementwiseRule.Plain;

    /// <summary>Fewest inputs.</summary>
    protected virtual int Arity => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        if (node.Inputs.Count < Arity)
        {
            throw new OperatorException(node, $"takes {Arity} inputs, not {node.Inputs.Count}");
        }

        Shape shape = node.Input(0).Shape;
        foreach (Value input in Operands(node).Skip(1))
        {
            shape = Shape.Broadcast(shape, input.Shape) ?? throw new OperatorException(node, $"shapes {string.Join(" and ", Operands(node).Select(i => i.Shape))} do not broadcast");
        }

        if (RequiresOneType)
        {
            foreach (Value input in Operands(node))
            {
                if (input.Type != node.Input(0).Type)
                {
                    throw new OperatorException(node, $"mixes {node.Input(0).Type.Text()} with {input.Type.Text()}");
                }
            }
        }

        return [new TensorType(ResultType(node), shape)];
    }

    /// <summary>The value of one element over the names a, b, c ... of the inputs; see <see cref="Emit.Expression"/>.</summary>
    public abstract string Expression(Node node);

    /// <summary>The operator for people, where it stands for several.</summary>
    public virtual string Label(Node node) => Name;

    /// <summary>False where the expression is not the whole meaning of the node.</summary>
    public virtual bool CanFuse => true;

    /// <summary>The values that the expression's names stand for.</summary>
    public virtual IEnumerable<Value> Operands(Node node) => node.Inputs.OfType<Value>();

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor[] given = inputs.OfType<Tensor>().Take(Operands(node).Count()).ToArray();
        var result = new Tensor(node.Outputs[0].Type, node.Outputs[0].Shape);
        bool reals = given.Any(t => t.Type.IsFloat()), realResult = result.Type.IsFloat();
        int[][] places = given.Select(t => Broadcast(t.Shape, result.Shape)).ToArray();
        var x = new double[given.Length];
        var n = new Int128[given.Length];
        var index = new int[result.Shape.Rank];
        for (int i = 0; i < result.Count; i++)
        {
            for (int k = 0; k < given.Length; k++)
            {
                int at = 0;
                for (int d = 0; d < index.Length; d++)
                {
                    at += index[d] * places[k][d];
                }

                if (reals)
                {
                    x[k] = Numbers.ReadFloat(given[k], at);
                }
                else
                {
                    n[k] = Numbers.ReadInteger(given[k], at);
                }
            }

            if (reals)
            {
                Numbers.WriteFloat(result, i, Real(node, x));
            }
            else
            {
                Numbers.WriteInteger(result, i, Whole(node, n));
            }

            for (int d = index.Length - 1; d >= 0 && ++index[d] == result.Shape[d]; d--)
            {
                index[d] = 0;
            }
        }

        return [result];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) =>
        lowering.Map(node, $"{node.Name}: {Label(node)} over {node.Outputs[0].TensorType}.", node.Outputs[0], Operands(node).ToList(), Expression(node));

    /// <summary>Whether all operands must have one element type.</summary>
    protected virtual bool RequiresOneType => true;

    /// <summary>Element type of the result.</summary>
    protected virtual ElementType ResultType(Node node) => node.Input(0).Type;

    /// <summary>Reference value for floats.</summary>
    protected virtual double Real(Node node, ReadOnlySpan<double> x) => throw new OperatorException(node, $"is not defined for {node.Input(0).Type.Text()}");

    /// <summary>Reference value for integers and truth values, before it wraps around to the result's width.</summary>
    protected virtual Int128 Whole(Node node, ReadOnlySpan<Int128> x) => throw new OperatorException(node, $"is not defined for {node.Input(0).Type.Text()}");

    /// <summary>A number in the computing type of input 0.</summary>
    protected static string Number(Node node, double value) => Expressions.Literal(value, ElementKinds.Computed(node.Input(0).Type.Text())).ToString();

    private static int[] Broadcast(Shape shape, Shape to)
    {
        var strides = new int[to.Rank];
        int offset = to.Rank - shape.Rank;
        int[] own = shape.Strides();
        for (int i = 0; i < shape.Rank; i++)
        {
            strides[offset + i] = shape[i] == 1 ? 0 : own[i];
        }

        return strides;
    }
}
