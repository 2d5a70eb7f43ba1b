using PruneCompiler.IR;
using PruneCompiler.Plan;
using PruneCompiler.Plan.Strategies;

namespace PruneCompiler.Operators;

/// <summary>Any function of a byte: y = table[x]. Input 1 is the constant table of 256 entries. Made by the optimiser, never read from a file.</summary>
public sealed class ByteTable : Operator
{
    /// <inheritdoc/>
    public override string Name => "ByteTable";

    /// <inheritdoc/>
    public override string Domain => Narrow.OwnDomain;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) => [new TensorType(node.Input(1).Type, node.Input(0).Shape)];

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs)
    {
        Tensor x = inputs[0]!, table = inputs[1]!;
        int size = table.Type.Size();
        var result = new Tensor(table.Type, x.Shape);
        for (int i = 0; i < x.Count; i++)
        {
            table.Bytes.AsSpan(x.Bytes[i] * size, size).CopyTo(result.Bytes.AsSpan(i * size));
        }

        return [result];
    }

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => ByteSteps.Table(node, lowering);
}
