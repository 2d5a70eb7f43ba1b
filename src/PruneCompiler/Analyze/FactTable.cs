using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>The facts of all values of a graph.</summary>
public sealed class FactTable
{
    private readonly Dictionary<Value, ValueFacts> facts = [];
    private readonly Dictionary<Value, bool[]> zeros = [];
    private readonly Dictionary<Node, RecurrentStates?> states = [];

    /// <summary>The facts of a value.</summary>
    public ValueFacts this[Value value]
    {
        get
        {
            if (!facts.TryGetValue(value, out ValueFacts? found))
            {
                facts.Add(value, found = new ValueFacts(value));
            }

            return found;
        }
    }

    /// <summary>For each element of a constant: is it zero? Computed once.</summary>
    public bool[] Zeros(Value constant)
    {
        if (!zeros.TryGetValue(constant, out bool[]? found))
        {
            zeros.Add(constant, found = TensorSlices.Zeros(constant.Constant!));
        }

        return found;
    }

    /// <summary>What is known of the states of a recurrent layer; null for nothing. Computed once, when its inputs have been looked at.</summary>
    internal RecurrentStates? States(Node layer)
    {
        if (!states.TryGetValue(layer, out RecurrentStates? found))
        {
            states.Add(layer, found = RecurrentStates.Of(layer, this));
        }

        return found;
    }
}
