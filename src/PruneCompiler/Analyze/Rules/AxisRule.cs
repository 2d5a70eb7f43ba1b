using PruneCompiler.IR;
using PruneCompiler.Prune;

namespace PruneCompiler.Analyze;

/// <summary>
/// Operators whose first input is mixed along some axes (a softmax axis, reduced axes, the plane of a pool) and otherwise treated slice by
/// slice: channels pass through all axes that are not mixed. The result has the input's axes; mixed ones may be missing or of another size.
/// </summary>
public sealed class AxisRule : ChannelRule
{
    /// <summary>The mixed axes of input 0, not negative.</summary>
    public required Func<Node, int[]> Mixed { get; init; }

    /// <summary>The axis of input 0 along which the further inputs, vectors, have an element for each slice; -1 when they do not.</summary>
    public Func<Node, int> ParameterAxis { get; init; } = _ => -1;

    /// <summary>The parameter that everything is multiplied with before the other parameters come in; 0 for none.</summary>
    public int ScaleInput { get; init; }

    /// <summary>True when a slice that is one constant over the mixed axes stays that constant.</summary>
    public Func<Node, bool> KeepsConstants { get; init; } = _ => false;

    /// <summary>Makes the node again for fewer slices where attributes or parameters list sizes; by default they need no change.</summary>
    public Func<Node, int[]?[], Pruner, Value?[]>? Parameters { get; init; }

    /// <summary>False for a node that is outside of the rule.</summary>
    public Func<Node, bool> Applies { get; init; } = _ => true;

    /// <inheritdoc/>
    public override void Forward(Node node, FactTable facts)
    {
        if (!Fits(node))
        {
            base.Forward(node, facts);
            return;
        }

        ValueFacts input = facts[node.Input(0)], output = facts[node.Outputs[0]];
        int rank = input.Value.Shape.Rank, parameterAxis = ParameterAxis(node);
        int[] mixed = Mixed(node);
        Mask known = input.Known.Fold(mixed, all: true);
        if (ScaleInput > 0 && parameterAxis >= 0 && node.InputOrNull(ScaleInput) is { Constant: not null, Shape.Rank: 1 } scale)
        {
            known = Mask.Or(known, Mask.AlongAxis(rank, parameterAxis, facts.Zeros(scale)));
        }

        if (!known.Any || node.Inputs.Skip(1).Any(i => i is { Constant: null }))
        {
            return;
        }

        Tensor content = input.Content ?? new Tensor(input.Value.Type, new Shape(Grid.PadLeft([], rank)));
        if (KeepsConstants(node) && mixed.All(a => content.Shape[a] == 1))
        {
            output.Learn(Onto(node, known), content.Reshaped(new Shape(Onto(node, content.Shape.Dims))));
            return;
        }

        int[] dims = Grid.Full(content.Shape.Dims, input.Value.Shape, parameterAxis < 0 ? mixed : mixed.Append(parameterAxis));
        if (!Probe.IsSmall(Grid.Count(dims)))
        {
            return;
        }

        Tensor?[] inputs = [TensorSlices.Expand(content, dims), .. node.Inputs.Skip(1).Select(i => i?.Constant)];
        if (Probe.Evaluate(node, inputs) is { } results)
        {
            output.Learn(Onto(node, known), results[0]);
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

        Mask needed = facts[node.Outputs[0]].Needed;
        Mask spread = new(Under(node, needed.Dims, 1), needed.Bits.ToArray());
        facts[node.Input(0)].AddRead(spread.Fold(Mixed(node), all: false));
        foreach (Value? parameter in node.Inputs.Skip(1))
        {
            if (parameter is not null)
            {
                facts[parameter].ReadAll();
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

        int[]?[] slices = Under(node, pruner.Facts[node.Outputs[0]].Slices(), null);
        foreach (int a in Mixed(node))
        {
            slices[a] = null;
        }

        int parameterAxis = ParameterAxis(node);
        Value?[] inputs = Parameters?.Invoke(node, slices, pruner) ?? [.. node.Inputs];
        inputs[0] = pruner.Fit(node.Input(0), slices);
        for (int i = 1; i < inputs.Length; i++)
        {
            if (parameterAxis >= 0 && inputs[i] is { Shape.Rank: 1 } vector && vector.Shape[0] == node.Input(0).Shape[parameterAxis])
            {
                inputs[i] = pruner.Fit(vector, [slices[parameterAxis]]);
            }
            else if (inputs[i] is { Constant: null } value)
            {
                inputs[i] = pruner.Full(value);
            }
        }

        pruner.Emit(node, inputs, Onto(node, slices));
    }

    private bool Fits(Node node) => Applies(node) && node.Outputs.Skip(1).All(o => o.Uses.Count == 0);

    private bool Drops(Node node) => node.Outputs[0].Shape.Rank < node.Input(0).Shape.Rank;

    private Mask Onto(Node node, Mask mask) => new(Onto(node, mask.Dims), mask.Bits.ToArray());

    /// <summary>What belongs to the input's axes, for the output's axes.</summary>
    private T[] Onto<T>(Node node, ReadOnlySpan<T> perAxis)
    {
        T[] all = perAxis.ToArray();
        int[] mixed = Mixed(node);
        return Drops(node) ? all.Where((_, a) => !mixed.Contains(a)).ToArray() : all;
    }

    private int[]?[] Onto(Node node, int[]?[] slices) => Onto<int[]?>(node, slices);

    /// <summary>What belongs to the output's axes, for the input's axes.</summary>
    private T[] Under<T>(Node node, ReadOnlySpan<T> perAxis, T missing)
    {
        if (!Drops(node))
        {
            return perAxis.ToArray();
        }

        int[] mixed = Mixed(node);
        var result = new T[node.Input(0).Shape.Rank];
        int at = 0;
        for (int a = 0; a < result.Length; a++)
        {
            result[a] = mixed.Contains(a) ? missing : perAxis[at++];
        }

        return result;
    }

    private int[]?[] Under(Node node, int[]?[] slices, int[]? missing) => Under<int[]?>(node, slices, missing);
}
