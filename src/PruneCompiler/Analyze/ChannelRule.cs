using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>
/// What an operator does with dead and constant channels. The default holds for every operator: a result is known when all inputs
/// are, everything is read, and every input has to be complete.
/// </summary>
public class ChannelRule
{
    /// <summary>The default.</summary>
    public static ChannelRule Opaque { get; } = new();

    /// <summary>Records which elements of the outputs are known, from what is known of the inputs.</summary>
    public virtual void Forward(Node node, FactTable facts)
    {
        if (node.Operator.IsPure && node.Outputs.Count > 0 && node.Inputs.All(i => i is null || facts[i].IsConstant) && Probe.IsSmall(node))
        {
            Tensor?[] inputs = node.Inputs.Select(i => i is null ? null : Probe.Whole(facts[i])).ToArray();
            Probe.Learn(node, facts, node.Operator.Evaluate(node, inputs));
        }
    }

    /// <summary>Records which elements of the inputs are read, from what is needed of the outputs. Called only when something is.</summary>
    public virtual void Backward(Node node, FactTable facts)
    {
        foreach (Value? input in node.Inputs)
        {
            if (input is not null)
            {
                facts[input].ReadAll();
            }
        }
    }

    /// <summary>Makes the node again, in <paramref name="pruner"/>'s new order, on the slices that are left. Called only when some output is needed.</summary>
    public virtual void Rebuild(Node node, Pruner pruner) => pruner.Keep(node);
}
