using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>Evaluates operators at compile time, on known contents.</summary>
internal static class Probe
{
    /// <summary>Elements that one evaluation may produce or read.</summary>
    private const long MaximumElements = 4L << 20;

    /// <summary>True when a node's values are small enough to be evaluated while analysing.</summary>
    public static bool IsSmall(Node node) =>
        node.Outputs.Sum(o => o.Shape.Count) <= MaximumElements && node.Inputs.Sum(i => i?.Shape.Count ?? 0) <= MaximumElements;

    /// <summary>True when as many elements may be evaluated while analysing.</summary>
    public static bool IsSmall(long elements) => elements <= MaximumElements;

    /// <summary>All elements of a value that is known entirely.</summary>
    public static Tensor Whole(ValueFacts facts) => TensorSlices.Expand(facts.Content!, facts.Value.Shape.Dims);

    /// <summary>
    /// Evaluates the node's operator on other contents (compressed ones, say). Null when the operator cannot take them;
    /// what it says then is of no interest to anyone, because the node itself has been accepted.
    /// </summary>
    public static Tensor[]? Evaluate(Node node, Tensor?[] inputs, Attributes? attributes = null)
    {
        IEnumerable<Value?> values = inputs.Select((t, i) => t is null ? null : Value.Of($"{i}", t));
        IEnumerable<Value> outputs = node.Outputs.Select(o => new Value(o.Name, o.TensorType));
        var probe = new Node(node.Name, node.Operator, node.Opset, values, outputs, attributes ?? node.Attributes);
        try
        {
            node.Operator.InferTypes(probe);
            return node.Operator.Evaluate(probe, inputs);
        }
        catch (Exception e) when (e is Operators.OperatorException or ArithmeticException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Evaluates a standard operator without attributes.</summary>
    public static Tensor Apply(string operatorName, params Tensor[] inputs)
    {
        Operators.Operator definition = Operators.OperatorRegistry.Find("", operatorName)!;
        var node = new Node(operatorName, definition, Operators.Operator.NewestOpset, inputs.Select((t, i) => Value.Of($"{i}", t)), [new Value("result")]);
        definition.InferTypes(node);
        return definition.Evaluate(node, inputs)[0];
    }

    /// <summary>Swaps the last two axes.</summary>
    public static Tensor SwapLast(Tensor tensor)
    {
        int[] dims = tensor.Shape.Dims.ToArray(), strides = tensor.Shape.Strides();
        (dims[^1], dims[^2]) = (dims[^2], dims[^1]);
        (strides[^1], strides[^2]) = (strides[^2], strides[^1]);
        return TensorSlices.Pick(tensor, dims, Grid.Offsets(dims, strides));
    }

    /// <summary>Records results that are known entirely.</summary>
    public static void Learn(Node node, FactTable facts, Tensor[] results)
    {
        for (int i = 0; i < node.Outputs.Count; i++)
        {
            facts[node.Outputs[i]].Learn(Mask.Uniform(node.Outputs[i].Shape.Rank, true), results[i]);
        }
    }
}
