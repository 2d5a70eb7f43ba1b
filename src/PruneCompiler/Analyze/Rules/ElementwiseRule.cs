using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>Operators that compute each element from the elements at the same place of their inputs, with numpy broadcasting.</summary>
/// <param name="zeroAbsorbs">True for products: a factor that is known to be zero makes the result zero.</param>
public class ElementwiseRule(bool zeroAbsorbs = false) : ChannelRule
{
    /// <summary>Sums, differences, activations, comparisons.</summary>
    public static ElementwiseRule Plain { get; } = new();

    /// <summary>Products.</summary>
    public static ElementwiseRule Product { get; } = new(zeroAbsorbs: true);

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Forward(node, facts);
            return;
        }

        int rank = node.Outputs[0].Shape.Rank;
        Mask known = Mask.Uniform(rank, true), zero = Mask.Uniform(rank, false);
        foreach (Value? input in node.Inputs)
        {
            if (input is not null)
            {
                known = Mask.And(known, facts[input].Known.PadLeft(rank));
                zero = zeroAbsorbs ? Mask.Or(zero, facts[input].Zero().PadLeft(rank)) : zero;
            }
        }

        known = Mask.Or(known, zero);
        if (!known.Any)
        {
            return;
        }

        Tensor?[] contents = node.Inputs.Select(i => i is null ? null : Content(facts[i])).ToArray();
        int[] dims = contents.Aggregate(Grid.PadLeft([], rank), (d, t) => t is null ? d : Grid.Join(d, Grid.PadLeft(t.Shape.Dims, rank)));
        if (!Probe.IsSmall(Grid.Count(dims)) || Probe.Evaluate(node, contents) is not { } results)
        {
            return;
        }

        for (int i = 0; i < node.Outputs.Count; i++)
        {
            Tensor result = results[i].Reshaped(new Shape(Grid.PadLeft(results[i].Shape.Dims, rank)));
            facts[node.Outputs[i]].Learn(known, result);
        }
    }

    /// <inheritdoc/>
    public override void Backward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Backward(node, facts);
            return;
        }

        Mask needed = node.Outputs.Select(o => facts[o].Needed).Aggregate(Mask.Or);
        foreach (Value? input in node.Inputs)
        {
            if (input is not null)
            {
                facts[input].AddRead(needed.AnyOf(input.Shape));
            }
        }
    }

    /// <inheritdoc/>
    public override void Rebuild(Node node, Pruner pruner)
    {
        if (!Fits(node))
        {
            pruner.Keep(node);
            return;
        }

        int[]?[] slices = Slices(node, pruner);
        Value?[] inputs = node.Inputs.Select(i => i is null ? null : pruner.Fit(i, Broadcast(slices, i.Shape))).ToArray();
        pruner.Emit(node, inputs, slices);
    }

    /// <summary>
    /// The slices to compute: those that are needed; or, of a single computed operand, all that are there, if not many are superfluous
    /// (they cost less than taking them out).
    /// </summary>
    private static int[]?[] Slices(Node node, Pruner pruner)
    {
        int[]?[] needed = pruner.Slices(node);
        Shape shape = node.Outputs[0].Shape;
        Value[] computed = node.Inputs.Where(i => i is { Constant: null } && !pruner.Facts[i].IsConstant).Distinct().ToArray()!;
        if (computed is not [var only] || only.Shape != shape)
        {
            return needed;
        }

        int[]?[] have = pruner.Kept(only);
        return needed.Select((n, a) => (n?.Length ?? shape[a]) * 4 > (have[a]?.Length ?? shape[a]) * 3 ? have[a] : n).ToArray();
    }

    /// <summary>The slices of an operand that belong to the slices of the result.</summary>
    internal static int[]?[] Broadcast(int[]?[] slices, Shape operand)
    {
        var result = new int[]?[operand.Rank];
        for (int a = 0; a < result.Length; a++)
        {
            result[a] = operand[a] == 1 ? null : slices[slices.Length - operand.Rank + a];
        }

        return result;
    }

    /// <summary>False where an input is no operand (one that only gives a type, say).</summary>
    private static bool Fits(Node node)
    {
        Shape shape = node.Outputs[0].Shape;
        return node.Inputs.All(i => i is null || Shape.Broadcast(i.Shape, shape) == shape);
    }

    private static Tensor Content(ValueFacts facts) =>
        facts.Content ?? new Tensor(facts.Value.Type, new Shape(Grid.PadLeft([], facts.Value.Shape.Rank)));
}
