namespace PruneCompiler.IR;

/// <summary>The attributes of a node by name. Values are long, float, string, long[], float[], string[], Tensor or Graph.</summary>
public sealed class Attributes
{
    private readonly SortedDictionary<string, object> values = new(StringComparer.Ordinal);

    /// <summary>Names that are present, in ordinal order.</summary>
    public IEnumerable<string> Names => values.Keys;

    /// <summary>Sets an attribute; returns itself for chaining.</summary>
    public Attributes Set(string name, object value)
    {
        values[name] = value is int i ? (long)i : value is int[] a ? Array.ConvertAll(a, x => (long)x) : value;
        return this;
    }

    /// <summary>True when present.</summary>
    public bool Has(string name) => values.ContainsKey(name);

    /// <summary>The raw value, or null.</summary>
    public object? Get(string name) => values.GetValueOrDefault(name);

    /// <summary>An integer attribute.</summary>
    public long Int(string name, long otherwise = 0) => Read(name, otherwise);

    /// <summary>A float attribute.</summary>
    public float Float(string name, float otherwise = 0) => Read(name, otherwise);

    /// <summary>A text attribute.</summary>
    public string Text(string name, string otherwise = "") => Read(name, otherwise);

    /// <summary>An integer list, or null when absent.</summary>
    public long[]? Ints(string name) => Read<long[]?>(name, null);

    /// <summary>A float list, or null when absent.</summary>
    public float[]? Floats(string name) => Read<float[]?>(name, null);

    /// <summary>A list of texts, or null when absent.</summary>
    public string[]? Texts(string name) => Read<string[]?>(name, null);

    /// <summary>A tensor, or null when absent.</summary>
    public Tensor? Tensor(string name) => Read<Tensor?>(name, null);

    /// <summary>A subgraph, or null when absent.</summary>
    public Graph? Graph(string name) => Read<Graph?>(name, null);

    /// <summary>A shallow copy.</summary>
    public Attributes Clone()
    {
        var copy = new Attributes();
        foreach ((string name, object value) in values)
        {
            copy.values[name] = value;
        }

        return copy;
    }

    private T Read<T>(string name, T otherwise)
    {
        if (!values.TryGetValue(name, out object? value))
        {
            return otherwise;
        }

        return value is T typed ? typed : throw new FormatException($"attribute '{name}' has the wrong type ({value.GetType().Name})");
    }
}
