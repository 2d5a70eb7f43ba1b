using System.Globalization;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan;

/// <summary>Lowering to element-wise loop nests.</summary>
public static class MapLowering
{
    /// <summary>Adds output[i] = expression(inputs[i]) with numpy broadcasting of the inputs.</summary>
    /// <param name="lowering">The plan so far.</param>
    /// <param name="node">Gives the step its name.</param>
    /// <param name="about">The sentence above the block.</param>
    /// <param name="output">What is computed.</param>
    /// <param name="inputs">What is read; in the expression they are a, b, c ... in this order. A constant of one element becomes a number in the text.</param>
    /// <param name="expression">See <see cref="Expression"/>.</param>
    public static void Map(this Lowering lowering, Node node, string about, Value output, IReadOnlyList<Value> inputs, string expression) =>
        lowering.Map(node, about, lowering.Write(output), inputs, expression);

    /// <inheritdoc cref="Map(Lowering, Node, string, Value, IReadOnlyList{Value}, string)"/>
    public static void Map(this Lowering lowering, Node node, string about, Storage output, IReadOnlyList<Value> inputs, string expression)
    {
        Expression value = ExpressionParser.Parse(expression);
        var numbers = new Dictionary<string, Expression>();
        var operands = new List<Operand>();
        for (int i = 0; i < inputs.Count; i++)
        {
            string name = OperandName(i);
            if (inputs[i].Constant is { } constant && Literal(constant) is { } literal)
            {
                numbers.Add(name, literal);
            }
            else if (value.Count(name) > 0)
            {
                Storage storage = lowering.Read(inputs[i]);
                operands.Add(new Operand(name, storage.Place, storage.Type.Text(), BroadcastStrides(storage, output.Shape)));
            }
        }

        var result = new Operand("out", output.Place, output.Type.Text(), output.Strides);
        lowering.Add(node, about, new MapBody(output.Shape.Dims.ToArray(), result, operands, value.Substitute(numbers).ToString()));
    }

    /// <summary>The name of input <paramref name="index"/> in an expression: a, b ... z, a1, b1 ...</summary>
    public static string OperandName(int index) =>
        ((char)('a' + (index % 26))).ToString() + (index < 26 ? "" : (index / 26).ToString(CultureInfo.InvariantCulture));

    /// <summary>Strides of a storage along the axes of a shape that it broadcasts to: 0 where it is repeated.</summary>
    public static long[] BroadcastStrides(Storage storage, Shape shape)
    {
        var strides = new long[shape.Rank];
        int offset = shape.Rank - storage.Shape.Rank;
        for (int i = offset; i < shape.Rank; i++)
        {
            strides[i] = storage.Shape[i - offset] == 1 ? 0 : storage.Strides[i - offset];
        }

        return strides;
    }

    /// <summary>The only element of a constant as a number in an expression, in its computing type; null for larger constants.</summary>
    public static Expression? Literal(Tensor constant)
    {
        if (constant.Count != 1)
        {
            return null;
        }

        string type = ElementKinds.Computed(constant.Type.Text());
        return type switch
        {
            "float32" => Expressions.Literal((float)Numbers.ReadFloat(constant, 0)),
            "float64" => Expressions.Literal(Numbers.ReadFloat(constant, 0)),
            "bool" => Expressions.Literal(constant.Bytes[0] != 0),
            _ => new LiteralExpression(Numbers.ReadInteger(constant, 0).ToString(CultureInfo.InvariantCulture), type),
        };
    }
}
