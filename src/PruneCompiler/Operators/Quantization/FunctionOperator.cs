using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Operators;

/// <summary>An operator that is a function of others: it never gets beyond the import, so it has neither evaluation nor kernels of its own.</summary>
public abstract class FunctionOperator(string domain) : Operator
{
    /// <inheritdoc/>
    public override string Domain => domain;

    /// <inheritdoc/>
    public sealed override Tensor[] Evaluate(Node node, Tensor?[] inputs) => EvaluateDecomposed(node, inputs);

    /// <inheritdoc/>
    public sealed override void Lower(Node node, Lowering lowering) => throw new OperatorException(node, "was not decomposed");

    /// <summary>Evaluates a node by its decomposition, written out over constants. The constant folder comes before the decomposition in the graph.</summary>
    public static Tensor[] EvaluateDecomposed(Node node, Tensor?[] inputs)
    {
        var graph = new Graph();
        Value?[] arguments = inputs.Select((t, i) => t is null ? null : Value.Of($"input_{i}", t)).ToArray();
        var copy = new Node(node.Name, node.Operator, node.Opset, arguments, node.Outputs.Select((o, i) => new Value($"output_{i}", o.TensorType)), node.Attributes);
        graph.Nodes.Add(copy);
        IReadOnlyList<Value> results = node.Operator.Decompose(copy, graph)!;
        graph.Nodes.Remove(copy);
        var known = new Dictionary<Value, Tensor>();
        ReferenceEvaluator.Run(graph, known);
        return results.Select(r => r.Constant ?? known[r]).ToArray();
    }
}
