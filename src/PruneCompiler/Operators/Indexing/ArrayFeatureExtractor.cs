using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>Picks columns of the last axis by int64 indices (ONNX-ML ArrayFeatureExtractor, version 1): a Gather that keeps matrices.</summary>
public sealed class ArrayFeatureExtractor : Operator
{
    /// <inheritdoc/>
    public override string Name => "ArrayFeatureExtractor";

    /// <inheritdoc/>
    public override string Domain => "ai.onnx.ml";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Rules.Rank(node, node.Input(0), 1);
        Rules.Indices(node, 1, only64: true);
        Shape x = node.Input(0).Shape;
        int[] lead = x.Rank == 1 ? [1] : x.Dims[..^1].ToArray();
        return [new TensorType(node.Input(0).Type, Rules.Shape(node, [.. lead.Select(d => (long)d), node.Input(1).Shape.Count]))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        Value flat = Reshape(graph, node, node.Input(1), new Shape(checked((int)node.Input(1).Shape.Count)));
        Value picked = graph.Insert(node, node.Name, "Gather", [node.Input(0), flat], new Attributes().Set("axis", -1L)).Outputs[0];
        return [Reshape(graph, node, picked, node.Outputs[0].Shape)];
    }

    /// <inheritdoc/>
    public override Tensor[] Evaluate(Node node, Tensor?[] inputs) => throw new InvalidOperationException("ArrayFeatureExtractor was decomposed.");

    /// <inheritdoc/>
    public override void Lower(Node node, Lowering lowering) => throw new InvalidOperationException("ArrayFeatureExtractor was decomposed.");

    private static Value Reshape(Graph graph, Node node, Value value, Shape shape)
    {
        Value target = graph.Constant(node.Name + "_shape", Tensor.Vector<long>(Array.ConvertAll(shape.Dims.ToArray(), d => (long)d)));
        return graph.Insert(node, node.Name + "_reshape", "Reshape", [value, target], new Attributes().Set("allowzero", 1L)).Outputs[0];
    }
}
