using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The matrix product inside the quantised ones: whole numbers, exact in the type that it chooses.</summary>
internal static class IntegerMatMul
{
    private static readonly MatMul MatMul = new();

    /// <summary>Shape of the product, by the rules of MatMul.</summary>
    public static Shape OutputShape(Node node, Value a, Value b)
    {
        var types = new[] { a, b }.Select(v => new Value(v.Name, new TensorType(ElementType.Float32, v.Shape)));
        try
        {
            return MatMul.Infer(new Node(node.Name, MatMul, node.Opset, types, [new Value("y")]))[0].Shape;
        }
        catch (OperatorException e)
        {
            throw new OperatorException(node, e.Why);
        }
    }

    /// <summary>sum of (a - a0) * (b - b0).</summary>
    /// <remarks>The zero point of A may be a vector over its rows, that of B one over its columns; either may have all leading axes.</remarks>
    public static Value Sums(IntegerArithmetic parts, Value a, Value? aZero, Value b, Value? bZero)
    {
        int terms = a.Shape.Rank == 0 ? 1 : a.Shape[-1];
        ElementType type = IntegerArithmetic.ExactType(b, terms);
        Value left = parts.Centred(a, Rows(parts, aZero, a), type);
        Value right = parts.Centred(b, Columns(parts, bZero, b), type);
        return parts.AddLayer("MatMul", null, left, right);
    }

    /// <summary>A vector over the rows of <paramref name="matrix"/>, laid so that it broadcasts.</summary>
    public static Value? Rows(IntegerArithmetic parts, Value? vector, Value matrix) =>
        vector is null || vector.Shape.Rank != 1 ? vector
        : vector.Shape.Count == 1 || matrix.Shape.Rank < 2 ? parts.Along(vector, 0, 1)
        : parts.Along(vector, matrix.Shape.Rank - 2, matrix.Shape.Rank);

    /// <summary>A vector over the columns of <paramref name="matrix"/>; it broadcasts as it is.</summary>
    public static Value? Columns(IntegerArithmetic parts, Value? vector, Value matrix) =>
        vector is null || vector.Shape.Rank != 1 || vector.Shape.Count == 1 || matrix.Shape.Rank < 2 ? (vector is { Shape: { Rank: 1, Count: 1 } } ? parts.Along(vector, 0, 1) : vector)
        : parts.Along(vector, matrix.Shape.Rank - 1, matrix.Shape.Rank);
}
