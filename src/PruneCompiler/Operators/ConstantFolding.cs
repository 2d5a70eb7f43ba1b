using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Evaluates a node at compile time when everything it needs is known.</summary>
public static class ConstantFolding
{
    /// <summary>Larger results are computed at run time: they would only make the weights larger.</summary>
    public const long MaximumElements = 64L << 20;

    /// <summary>Makes the node's outputs constants if that is possible; the node is then no longer needed.</summary>
    /// <param name="node">A node whose types have been inferred.</param>
    public static bool TryFold(Node node)
    {
        Operator definition = node.Operator;
        if (!definition.IsPure || node.Outputs.Count == 0 || node.Outputs.Any(o => o.Shape.Count > MaximumElements))
        {
            return false;
        }

        if (!definition.ReadsTypesOnly && node.Inputs.Any(i => i is { Constant: null }))
        {
            return false;
        }

        Tensor[] results = definition.Evaluate(node, node.Inputs.Select(i => i?.Constant).ToArray());
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            Value output = node.Outputs[i];
            if (results[i].Type != output.Type || results[i].Shape != output.Shape)
            {
                throw new InvalidOperationException($"{node} evaluates to {results[i].Type.Text()} {results[i].Shape} where {output.TensorType} was inferred");
            }

            output.MakeConstant(results[i], Stored(node, results[i]));
        }

        if (node.Outputs.Count == 1)
        {
            node.Outputs[0].Origin = Origins.Of(node);
        }

        node.Detach();
        return true;
    }

    // What is computed element by element from a constant takes as much room in the file as that does.
    private static long? Stored(Node node, Tensor result) =>
        node.Inputs.Where(i => i is { Constant: not null } && i.Shape.Count == result.Shape.Count).Select(i => (long?)i!.StoredBytes).Max();
}
