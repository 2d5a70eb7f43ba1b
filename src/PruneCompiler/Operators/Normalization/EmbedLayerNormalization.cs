using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// The first layer of a BERT: rows of word, position and maybe segment embeddings, summed and normalised (com.microsoft EmbedLayerNormalization). Inputs: input_ids [batch, length],
/// segment_ids, the tables of words, positions and segments, gamma, beta, mask [batch, length], position_ids. Outputs: normalised, mask_index [batch], sum. A function of simpler operators.
/// </summary>
public sealed class EmbedLayerNormalization() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "EmbedLayerNormalization";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape ids = node.Input(0).Shape, words = node.Input(2).Shape;
        if (ids.Rank != 2 || words.Rank != 2)
        {
            throw new OperatorException(node, $"input_ids {ids} and the words' table {words} must have two axes");
        }

        var y = new TensorType(node.Input(2).Type, new Shape(ids[0], ids[1], words[1]));
        return [y, new TensorType(ElementType.Int32, new Shape(ids[0])), y];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        Shape ids = node.Input(0).Shape;
        Value positions = node.InputOrNull(8) ?? f.Constant(Tensor.Of<int>(new Shape(1, ids[1]), [.. Enumerable.Range(0, ids[1])]));
        Value sum = f.Add("Add", Rows(node.Input(2), node.Input(0)), Rows(node.Input(3), positions));
        if (node.InputOrNull(1) is { } segments)
        {
            sum = f.Add("Add", sum, Rows(node.Input(4), segments));
        }

        Value y = f.Add("LayerNormalization", new Attributes().Set("axis", -1).Set("epsilon", node.Attributes.Float("epsilon", 1e-12f)), sum, node.Input(5), node.Input(6));

        // The mask is one of ones and zeros behind them; its index is the number of ones.
        Value index = node.InputOrNull(7) is { } mask
            ? f.Cast(f.Add("ReduceSum", new Attributes().Set("keepdims", 0), mask, f.Integers(1)), ElementType.Int32)
            : f.Constant(new Tensor(ElementType.Int32, new Shape(ids[0])));
        return [.. new[] { y, index, sum }.Take(node.Outputs.Count)];

        Value Rows(Value table, Value indices) => f.Add("Gather", table, indices);
    }
}
