using PruneCompiler.Operators;

namespace PruneCompiler.IR;

/// <summary>One operation: an operator applied to values.</summary>
public sealed class Node
{
    private readonly List<Value?> inputs = [];
    private readonly List<Value> outputs = [];

    /// <summary>Makes a node and registers it as reader of its inputs and producer of its outputs.</summary>
    /// <param name="name">For people and diagnostics; need not be unique.</param>
    /// <param name="definition">What the operator means.</param>
    /// <param name="opset">Version of the operator's domain that the model imports.</param>
    /// <param name="inputs">Null where an optional input is left out.</param>
    /// <param name="outputs">Outputs; an unused optional output is a value that nobody reads.</param>
    /// <param name="attributes">Attributes as in the model.</param>
    public Node(string name, Operator definition, int opset, IEnumerable<Value?> inputs, IEnumerable<Value> outputs, Attributes? attributes = null)
    {
        Name = name;
        Operator = definition;
        Opset = opset;
        Attributes = attributes ?? new Attributes();
        foreach (Value? input in inputs)
        {
            AddInput(input);
        }

        foreach (Value output in outputs)
        {
            AddOutput(output);
        }
    }

    /// <summary>Name in the model, or one made from the first output.</summary>
    public string Name { get; set; }

    /// <summary>The operator.</summary>
    public Operator Operator { get; }

    /// <summary>Opset version of the operator's domain.</summary>
    public int Opset { get; }

    /// <summary>Attributes; absent ones have the operator's default.</summary>
    public Attributes Attributes { get; }

    /// <summary>Inputs; null where an optional one is left out.</summary>
    public IReadOnlyList<Value?> Inputs => inputs;

    /// <summary>Outputs.</summary>
    public IReadOnlyList<Value> Outputs => outputs;

    /// <summary>Where the graph last saw the node in its order; only a place to start searching from.</summary>
    internal int Position { get; set; } = int.MaxValue;

    /// <summary>Input <paramref name="index"/>, or null when it is left out.</summary>
    public Value? InputOrNull(int index) => index < inputs.Count ? inputs[index] : null;

    /// <summary>Input <paramref name="index"/>, which the operator requires.</summary>
    public Value Input(int index) => InputOrNull(index) ?? throw new OperatorException(this, $"input {index} is missing");

    /// <summary>The content of input <paramref name="index"/> when it is a compile-time constant, else null.</summary>
    public Tensor? ConstantInput(int index) => InputOrNull(index)?.Constant;

    /// <summary>The content of an input that has to be known at compile time.</summary>
    public Tensor RequireConstant(int index, string what) => Input(index).Constant
        ?? throw new OperatorException(this, $"{what} (input '{Input(index).Name}') must be known at compile time") { MissingConstant = Input(index) };

    /// <summary>Replaces an input.</summary>
    public void SetInput(int index, Value? value)
    {
        inputs[index]?.RemoveUse(this);
        inputs[index] = value;
        value?.AddUse(this);
    }

    /// <summary>Appends an input.</summary>
    public void AddInput(Value? value)
    {
        inputs.Add(value);
        value?.AddUse(this);
    }

    /// <summary>Appends an output.</summary>
    public void AddOutput(Value value)
    {
        outputs.Add(value);
        value.Producer = this;
    }

    /// <summary>Takes the node out of its inputs' use lists; call when it leaves the graph.</summary>
    public void Detach()
    {
        for (int i = 0; i < inputs.Count; i++)
        {
            SetInput(i, null);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Operator.Name} '{Name}'";
}
