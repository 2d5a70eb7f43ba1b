namespace PruneCompiler.IR;

/// <summary>Element type and static shape of a value.</summary>
public readonly record struct TensorType(ElementType Type, Shape Shape)
{
    /// <summary>For people: float32 1x3x32x32.</summary>
    public override string ToString() => $"{Type.Text()} {Shape}";
}

/// <summary>One edge of the graph: a graph input, a constant, or the output of a node.</summary>
public class Value
{
    private readonly List<Node> uses = [];
    private long? stored;

    /// <summary>Makes a value that nothing produces or reads yet.</summary>
    public Value(string name, TensorType type = default)
    {
        Name = name;
        TensorType = type;
    }

    /// <summary>Unique in the graph.</summary>
    public string Name { get; set; }

    /// <summary>Element type and shape, known after import.</summary>
    public TensorType TensorType { get; set; }

    /// <summary>Element type.</summary>
    public ElementType Type => TensorType.Type;

    /// <summary>Shape.</summary>
    public Shape Shape => TensorType.Shape;

    /// <summary>The node that computes it; null for graph inputs and constants.</summary>
    public Node? Producer { get; internal set; }

    /// <summary>The content, when it is known at compile time.</summary>
    public Tensor? Constant { get; private set; }

    /// <summary>Bytes that a constant takes in the model's file: fewer than its content when it was folded from a narrower type (dequantised weights). 0 for others.</summary>
    public long StoredBytes => Constant is null ? 0 : stored ?? Constant.Bytes.LongLength;

    /// <summary>The integers that a constant was dequantised from; null for others.</summary>
    public QuantizedOrigin? Origin { get; internal set; }

    /// <summary>The nodes that read it, once for each time that they do (nodes of subgraphs included).</summary>
    public IReadOnlyList<Node> Uses => uses;

    /// <summary>A constant value.</summary>
    public static Value Of(string name, Tensor constant)
    {
        var value = new Value(name);
        value.MakeConstant(constant);
        return value;
    }

    /// <summary>Fixes the content (its producer, if any, is no longer needed).</summary>
    /// <param name="constant">The content.</param>
    /// <param name="storedBytes">See <see cref="StoredBytes"/>; null where the content itself is what is stored.</param>
    public void MakeConstant(Tensor constant, long? storedBytes = null)
    {
        Constant = constant;
        stored = storedBytes;
        TensorType = new TensorType(constant.Type, constant.Shape);
        Producer = null;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name}: {TensorType}";

    internal void AddUse(Node node) => uses.Add(node);

    internal void RemoveUse(Node node)
    {
        int at = uses.LastIndexOf(node); // readers mostly leave in the reverse of the order in which they came
        if (at >= 0)
        {
            uses.RemoveAt(at);
        }
    }
}
