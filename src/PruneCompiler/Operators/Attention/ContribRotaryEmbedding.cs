using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// ONNX Runtime's form of <see cref="RotaryEmbedding"/> (com.microsoft). Inputs: x as [batch, length, heads * size] or [batch, heads, length, size], position_ids [batch, length] or one first position,
/// the tables of cosines and sines. A function of simpler operators.
/// </summary>
public sealed class ContribRotaryEmbedding() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "RotaryEmbedding";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node) =>
        node.Attributes.Int("is_packed_batching") != 0 || (node.Attributes.Has("scale") && node.Attributes.Float("scale") != 1) || node.Input(0).Shape.Rank is not (3 or 4)
            ? throw new OperatorException(node, "packed batches and scaled angles are not supported")
            : [node.Input(0).TensorType];

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Value x = node.Input(0), positions = node.Input(1);
        (int batch, int length) = (x.Shape[0], x.Shape[x.Shape.Rank == 4 ? 2 : 1]);
        if (positions.Shape.Rank == 1)
        {
            // One number: where the sequence begins.
            Value steps = f.Constant(Tensor.Of<long>(new Shape(1, length), [.. Enumerable.Range(0, length).Select(i => (long)i)]));
            positions = f.Add("Expand", f.Add("Add", steps, f.Reshape(positions, 1, 1)), f.Integers(batch, length));
        }

        int rotated = (int)node.Attributes.Int("rotary_embedding_dim"), heads = (int)node.Attributes.Int("num_heads");
        heads = heads > 0 || x.Shape.Rank == 4 ? heads : x.Shape[2] / Math.Max(1, 2 * node.Input(2).Shape[-1]);
        Attributes attributes = new Attributes().Set("interleaved", node.Attributes.Int("interleaved")).Set("num_heads", heads).Set("rotary_embedding_dim", rotated);
        return [f.Add("RotaryEmbedding", attributes, x, node.Input(2), node.Input(3), positions)];
    }
}
