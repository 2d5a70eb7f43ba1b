using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize;

/// <summary>Removes nodes that pass their input on: Identity, Dropout, products and sums with a neutral constant, movements that move nothing.</summary>
internal static class RemoveNeutral
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (Passed(node) is { } value && value.TensorType == node.Outputs[0].TensorType && node.Outputs.Skip(1).All(o => o.Uses.Count == 0 && !graph.Outputs.Contains(o)))
            {
                graph.Replace(node.Outputs[0], value);
                graph.Remove(node);
            }
        }
    }

    private static Value? Passed(Node node) => node.Operator switch
    {
        Identity => node.Input(0),
        Add when IsAll(node.ConstantInput(1), 0) => node.Input(0),
        Add when IsAll(node.ConstantInput(0), 0) => node.Input(1),
        Sub when IsAll(node.ConstantInput(1), 0) => node.Input(0),
        Mul when IsAll(node.ConstantInput(1), 1) => node.Input(0),
        Mul when IsAll(node.ConstantInput(0), 1) => node.Input(1),
        Div when IsAll(node.ConstantInput(1), 1) => node.Input(0),
        ReshapeOperator or Expand or Tile or CenterCropPad or Cast => node.Input(0), // where the type stays, so does every element
        Concat when node.Inputs.Count == 1 => node.Input(0),
        Split when node.Outputs.Count == 1 => node.Input(0),
        Transpose when Transpose.Order(node).SequenceEqual(Enumerable.Range(0, node.Input(0).Shape.Rank)) => node.Input(0),
        Slice when Slice.Ranges(node).All(r => r.Step > 0) => node.Input(0),
        Pad when Pad.Amounts(node) is var (before, after) && before.All(p => p == 0) && after.All(p => p == 0) => node.Input(0),
        _ => null,
    };

    private static bool IsAll(Tensor? constant, double value)
    {
        for (int i = 0; i < (constant?.Count ?? 0); i++)
        {
            if (Numbers.ReadFloat(constant!, i) != value)
            {
                return false;
            }
        }

        return constant is { Count: > 0 };
    }
}
