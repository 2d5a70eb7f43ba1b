using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>The sizes of a MatMul: for each batch, [M, K] times [K, N].</summary>
/// <param name="BatchA">Leading axes of the first operand, extended with ones to the result's number of them.</param>
/// <param name="BatchB">The same of the second.</param>
/// <param name="Batch">The same of the result.</param>
/// <param name="M">Rows; 1 where the first operand is a vector.</param>
/// <param name="K">Summed axis.</param>
/// <param name="N">Columns; 1 where the second operand is a vector.</param>
/// <param name="Result">Shape of the result.</param>
public sealed record MatMulShape(Shape BatchA, Shape BatchB, Shape Batch, int M, int K, int N, Shape Result)
{
    /// <summary>Number of matrix products.</summary>
    public int Batches => checked((int)Batch.Count);

    /// <summary>Checks the operands' shapes.</summary>
    /// <exception cref="OperatorException">They cannot be multiplied.</exception>
    public static MatMulShape Of(Node node, Shape a, Shape b)
    {
        if (a.Rank == 0 || b.Rank == 0)
        {
            throw new OperatorException(node, $"operands of shape {a} and {b}: a scalar cannot be multiplied as a matrix");
        }

        Shape batchA = a.Rank > 2 ? new Shape(a.Dims[..^2]) : Shape.Scalar, batchB = b.Rank > 2 ? new Shape(b.Dims[..^2]) : Shape.Scalar;
        int m = a.Rank == 1 ? 1 : a[-2], k = a[-1], n = b.Rank == 1 ? 1 : b[-1], k2 = b.Rank == 1 ? b[0] : b[-2];
        if (k != k2 || Shape.Broadcast(batchA, batchB) is not { } batch)
        {
            throw new OperatorException(node, $"operands of shape {a} and {b} do not fit");
        }

        int[] matrix = (a.Rank, b.Rank) switch
        {
            (1, 1) => [],
            (1, _) => [n],
            (_, 1) => [m],
            _ => [m, n],
        };
        return new MatMulShape(Extend(batchA, batch.Rank), Extend(batchB, batch.Rank), batch, m, k, n, new Shape([.. batch.Dims, .. matrix]));
    }

    /// <summary>Which matrix of each operand belongs to matrix <paramref name="index"/> of the result.</summary>
    public (int A, int B) BatchAt(int index)
    {
        int a = 0, b = 0, stepA = 1, stepB = 1;
        for (int axis = Batch.Rank - 1; axis >= 0; axis--)
        {
            int at = index % Batch[axis];
            index /= Batch[axis];
            a += BatchA[axis] == 1 ? 0 : at * stepA;
            b += BatchB[axis] == 1 ? 0 : at * stepB;
            stepA *= BatchA[axis];
            stepB *= BatchB[axis];
        }

        return (a, b);
    }

    private static Shape Extend(Shape shape, int rank) => new([.. Enumerable.Repeat(1, rank - shape.Rank), .. shape.Dims]);
}
