using Onnx;
using PruneCompiler.IR;

namespace PruneCompiler.Import;

/// <summary>The values that a graph or function body can see by name; a subgraph sees those around it too, a function does not.</summary>
internal sealed class Scope(Scope? outer, TensorReader tensors)
{
    private readonly Dictionary<string, Value> values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Func<Tensor>> initializers = new(StringComparer.Ordinal);

    /// <summary>Makes a value visible; false when the name was already taken here.</summary>
    public bool Define(string name, Value value) => !initializers.ContainsKey(name) && values.TryAdd(name, value);

    /// <summary>Another value takes the place of one that is visible here.</summary>
    public void Redefine(string name, Value value) => values[name] = value;

    /// <summary>Makes an initializer visible. It is decoded when it is first read, so that unread ones cost nothing.</summary>
    public bool Define(string name, TensorProto tensor) => Define(name, () => tensors.Read(tensor, null));

    /// <summary>Makes a sparse initializer visible.</summary>
    public bool Define(string name, SparseTensorProto tensor) => Define(name, () => tensors.Read(tensor, null));

    /// <summary>True when the name is defined in this very scope.</summary>
    public bool Has(string name) => values.ContainsKey(name) || initializers.ContainsKey(name);

    /// <summary>The value of that name, from the innermost scope that has it; null when there is none.</summary>
    public Value? Find(string name, Graph graph)
    {
        for (Scope? scope = this; scope is not null; scope = scope.outer)
        {
            if (scope.values.TryGetValue(name, out Value? value))
            {
                return value;
            }

            if (scope.initializers.Remove(name, out Func<Tensor>? decode))
            {
                value = graph.Constant(name, decode());
                scope.values.Add(name, value);
                return value;
            }
        }

        return null;
    }

    private bool Define(string name, Func<Tensor> decode) => !values.ContainsKey(name) && initializers.TryAdd(name, decode);

    private readonly Scope? outer = outer;
}
