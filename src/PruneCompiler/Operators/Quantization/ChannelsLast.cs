using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Operators of ONNX Runtime whose activations are [N, spatial..., C]: the operator for [N, C, spatial...] between two transpositions.</summary>
internal static class ChannelsLast
{
    /// <summary>Whether a node asks for that order.</summary>
    public static bool Asked(Node node) => node.Attributes.Int("channels_last") != 0;

    /// <summary>[N, spatial..., C] as [N, C, spatial...].</summary>
    public static Shape First(Shape shape) => shape.Rank < 3 ? shape : new Shape([shape[0], shape[-1], .. shape.Dims[1..^1]]);

    /// <summary>[N, C, spatial...] as [N, spatial..., C].</summary>
    public static Shape Last(Shape shape) => shape.Rank < 3 ? shape : new Shape([shape[0], .. shape.Dims[2..], shape[1]]);

    /// <summary>[N, spatial..., C] as [N, C, spatial...].</summary>
    public static Value First(FunctionBuilder f, Value x) => x.Shape.Rank < 3 ? x : f.Transpose(x, [0, x.Shape.Rank - 1, .. Enumerable.Range(1, x.Shape.Rank - 2)]);

    /// <summary>[N, C, spatial...] as [N, spatial..., C].</summary>
    public static Value Last(FunctionBuilder f, Value x) => x.Shape.Rank < 3 ? x : f.Transpose(x, [0, .. Enumerable.Range(2, x.Shape.Rank - 2), 1]);

    /// <summary>Attributes without the request for that order.</summary>
    public static Attributes Plain(Node node)
    {
        var plain = new Attributes();
        foreach (string name in node.Attributes.Names.Where(n => n != "channels_last"))
        {
            plain.Set(name, node.Attributes.Get(name)!);
        }

        return plain;
    }
}

/// <summary>An operator of ONNX Runtime that is one of ONNX's, but for an order with the channels last.</summary>
/// <param name="name">Its name.</param>
/// <param name="plain">Name of the operator for the channels in front, in the default domain.</param>
/// <param name="always">Whether channels are always last; else attribute "channels_last" says so.</param>
public sealed class ChannelsLastForm(string name, string plain, bool always) : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        bool last = always || ChannelsLast.Asked(node);
        Operator inner = OperatorRegistry.Find("", plain)!;
        Value x = node.Input(0);
        IEnumerable<Value?> inputs = [new Value(x.Name, new TensorType(x.Type, last ? ChannelsLast.First(x.Shape) : x.Shape)), .. node.Inputs.Skip(1)];
        TensorType type = inner.Infer(new Node(node.Name, inner, NewestOpset, inputs, [new Value("y")], ChannelsLast.Plain(node)))[0];
        return [last ? new TensorType(type.Type, ChannelsLast.Last(type.Shape)) : type];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var f = new FunctionBuilder(graph, node);
        bool last = always || ChannelsLast.Asked(node);
        Value y = f.Add(plain, ChannelsLast.Plain(node), [last ? ChannelsLast.First(f, node.Input(0)) : node.Input(0), .. node.Inputs.Skip(1)]);
        return [last ? ChannelsLast.Last(f, y) : y];
    }
}
