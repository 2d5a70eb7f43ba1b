using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Ones on diagonal k of a matrix of the input's shape, zero elsewhere (ONNX EyeLike, opsets 9 and 22).</summary>
public sealed class EyeLike : ConstantOperator
{
    /// <inheritdoc/>
    public override string Name => "EyeLike";

    /// <inheritdoc/>
    protected override Tensor Compute(Node node)
    {
        Rules.Rank(node, node.Input(0), 2, 2);
        var result = new Tensor(TypeAttribute(node, "dtype", node.Input(0).Type), node.Input(0).Shape);
        long k = node.Attributes.Int("k");
        for (int row = 0; row < result.Shape[0]; row++)
        {
            if (row + k >= 0 && row + k < result.Shape[1])
            {
                Numbers.WriteFloat(result, (int)((row * result.Shape[1]) + row + k), 1);
            }
        }

        return result;
    }
}
