using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Writes the body of an operator that is a function of others, in front of the node that it replaces.</summary>
/// <param name="graph">The node's graph.</param>
/// <param name="node">The node; its name leads those of the body.</param>
internal sealed class FunctionBuilder(Graph graph, Node node)
{
    /// <summary>Adds a node and gives its first output.</summary>
    public Value Add(string operatorName, params Value?[] inputs) => Node(operatorName, new Attributes(), 1, inputs).Outputs[0];

    /// <summary>Adds a node with attributes and gives its first output.</summary>
    public Value Add(string operatorName, Attributes attributes, params Value?[] inputs) => Node(operatorName, attributes, 1, inputs).Outputs[0];

    /// <summary>Adds a node.</summary>
    public Node Node(string operatorName, Attributes attributes, int outputs, params Value?[] inputs) =>
        graph.Insert(node, $"{node.Name}/{operatorName}", operatorName, inputs, attributes, outputs);

    /// <summary>A list of integers as a constant.</summary>
    public Value Integers(params ReadOnlySpan<long> values) => graph.Constant($"{node.Name}/integers", Tensor.Vector(values));

    /// <summary>A single number of a type as a constant.</summary>
    public Value Number(double value, ElementType type)
    {
        var tensor = new Tensor(type, Shape.Scalar);
        Numbers.WriteFloat(tensor, 0, value);
        return graph.Constant($"{node.Name}/number", tensor);
    }

    /// <summary>A constant.</summary>
    public Value Constant(Tensor tensor) => graph.Constant($"{node.Name}/constant", tensor);

    /// <summary>A conversion; nothing where the type is right.</summary>
    public Value Cast(Value value, ElementType type) => value.Type == type ? value : Add("Cast", new Attributes().Set("to", (long)type), value);

    /// <summary>Reshapes.</summary>
    public Value Reshape(Value value, params ReadOnlySpan<int> dims)
    {
        var shape = new Shape(dims);
        return value.Shape == shape ? value : Add("Reshape", new Attributes().Set("allowzero", 1), value, Integers(Array.ConvertAll(dims.ToArray(), d => (long)d)));
    }

    /// <summary>Transposes.</summary>
    public Value Transpose(Value value, params int[] permutation) => Add("Transpose", new Attributes().Set("perm", permutation), value);
}
