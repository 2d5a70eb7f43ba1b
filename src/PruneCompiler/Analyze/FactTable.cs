using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>The facts of all values of a graph.</summary>
public sealed class FactTable
{
    private readonly Dictionary<Value, ValueFacts> facts = [];
    private readonly Dictionary<Value, bool[]> zeros = [];

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
}
