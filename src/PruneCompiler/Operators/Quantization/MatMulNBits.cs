using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// A times a constant matrix of 2, 4 or 8 bits a weight, with a scale and a zero point for each block of a column (com.microsoft MatMulNBits). Inputs: A [..., K], B as bytes
/// [N, blocks, bytes of a block], scales [N * blocks], zero points (packed like B, or floats), a column order (not supported), bias [N]. A function of simpler operators.
/// </summary>
/// <remarks>The weights become floats: one that is its zero point is exactly 0 and pruned like others.</remarks>
public sealed class MatMulNBits() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "MatMulNBits";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape a = node.Input(0).Shape;
        (int k, int n) = ((int)node.Attributes.Int("K"), (int)node.Attributes.Int("N"));
        if (a.Rank == 0 || a[-1] != k || k < 1 || n < 1)
        {
            throw new OperatorException(node, $"A of shape {a} does not fit K = {k}, N = {n}");
        }

        return [new TensorType(node.Input(0).Type, a.With(-1, n))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value product = f.Add("MatMul", node.Input(0), f.Constant(Weights(node)));
        return [node.InputOrNull(5) is { } bias ? f.Add("Add", product, bias) : product];
    }

    // [K, N]
    private static Tensor Weights(Node node)
    {
        if (node.InputOrNull(4) is not null)
        {
            throw new OperatorException(node, "a column order (g_idx) is not supported");
        }

        if (node.ConstantInput(1) is not { } packed || node.ConstantInput(2) is not { } scales)
        {
            throw new OperatorException(node, "weights and scales must be constants");
        }

        int k = (int)node.Attributes.Int("K"), n = (int)node.Attributes.Int("N"), bits = (int)node.Attributes.Int("bits", 4), block = (int)node.Attributes.Int("block_size");
        if (bits is not (2 or 4 or 8) || block < 8 || block % 8 != 0)
        {
            throw new OperatorException(node, $"blocks of {block} weights of {bits} bits are not supported");
        }

        int blocks = (k + block - 1) / block, bytes = block * bits / 8;
        Tensor? zeros = node.ConstantInput(3);
        bool packedZeros = zeros is { Type: ElementType.UInt8 };
        int zeroBytes = ((blocks * bits) + 7) / 8;
        if (packed.Type != ElementType.UInt8 || packed.Count != (long)n * blocks * bytes || scales.Count != (long)n * blocks || (node.InputOrNull(3) is not null && zeros is null)
            || (zeros is not null && zeros.Count != n * (long)(packedZeros ? zeroBytes : blocks)))
        {
            throw new OperatorException(node, $"the content of B {packed.Shape}, scales {scales.Shape} or zero points does not fit {n} columns of {blocks} blocks");
        }

        int Bits(ReadOnlySpan<byte> from, int index) => (from[index * bits / 8] >> (index * bits % 8)) & ((1 << bits) - 1);
        var weights = new Tensor(node.Input(0).Type, new Shape(k, n));
        for (int column = 0; column < n; column++)
        {
            for (int row = 0; row < k; row++)
            {
                int at = (column * blocks) + (row / block);
                double zero = zeros is null ? 1 << (bits - 1)
                    : packedZeros ? Bits(zeros.Bytes.AsSpan(column * zeroBytes, zeroBytes), row / block) : Numbers.ReadFloat(zeros, at);
                double weight = Bits(packed.Bytes.AsSpan(at * bytes, bytes), row % block) - zero;
                Numbers.WriteFloat(weights, (row * n) + column, (float)weight * (float)Numbers.ReadFloat(scales, at));
            }
        }

        return weights;
    }
}
