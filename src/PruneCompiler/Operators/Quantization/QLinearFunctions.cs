using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>
/// A quantised form of a float operator: dequantise the operands, compute, quantise the result (com.microsoft QLinearAdd, QLinearSigmoid ...).
/// Every operand is three inputs: value, scale, zero point (may be left out).
/// </summary>
/// <param name="name">Name of the quantised operator.</param>
/// <param name="plain">The float operator.</param>
/// <param name="operands">How many quantised operands lead the inputs.</param>
/// <param name="opset">Opset of the float operator whose attributes the quantised one has.</param>
public class QLinearFunction(string name, string plain, int operands, int opset = Operator.NewestOpset) : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        bool last = ChannelsLast.Asked(node);
        Shape Given(Shape shape) => last ? ChannelsLast.First(shape) : shape;
        Node inner = Inner(node, Enumerable.Range(0, operands).Select(i => new Value($"x{i}", new TensorType(ElementType.Float32, Given(node.Input(3 * i).Shape)))));
        Shape shape = inner.Operator.Infer(inner)[0].Shape;
        return [new TensorType(node.InputOrNull((3 * operands) + 1)?.Type ?? node.Input(0).Type, last ? ChannelsLast.Last(shape) : shape)];
    }

    /// <inheritdoc/>
    public sealed override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        if (!ChannelsLast.Asked(node))
        {
            return Body(node, graph);
        }

        var f = new FunctionBuilder(graph, node);
        Value?[] inputs = [.. node.Inputs.Select((x, i) => x is not null && i % 3 == 0 && i < 3 * operands ? ChannelsLast.First(f, x) : x)];
        Value y = graph.Insert(node, node.Name, name, inputs, ChannelsLast.Plain(node), domain: Domain).Outputs[0];
        return [ChannelsLast.Last(f, y)];
    }

    /// <summary>The function for the channels in front.</summary>
    protected virtual IReadOnlyList<Value> Body(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        IEnumerable<Value> reals = Enumerable.Range(0, operands).Select(i => parts.Real(node.Input(3 * i), node.Input((3 * i) + 1), node.InputOrNull((3 * i) + 2))).ToList();
        Value result = graph.Insert(node, $"{node.Name}_{plain}", plain, reals, Plain(node), opset: Opset(node)).Outputs[0];
        return [parts.Bounded(parts.Quantised(result, node.Input(3 * operands), node.InputOrNull((3 * operands) + 1)))];
    }

    /// <summary>The attributes of the float operator.</summary>
    private static Attributes Plain(Node node)
    {
        var attributes = new Attributes();
        foreach (string attribute in node.Attributes.Names.Where(a => a is not ("channels_last" or "opset" or IntegerArithmetic.Low or IntegerArithmetic.High)))
        {
            attributes.Set(attribute, node.Attributes.Get(attribute)!);
        }

        return attributes;
    }

    private int Opset(Node node) => (int)node.Attributes.Int("opset", opset);

    private Node Inner(Node node, IEnumerable<Value> inputs) =>
        new(node.Name, OperatorRegistry.Find("", plain)!, Opset(node), inputs, [new Value("y")], Plain(node));
}

/// <summary>Concatenation of quantised values (com.microsoft QLinearConcat): y's scale and zero point, then three inputs for each operand.</summary>
public sealed class QLinearConcat() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "QLinearConcat";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        if (node.Inputs.Count < 5 || node.Inputs.Count % 3 != 2)
        {
            throw new OperatorException(node, "takes a scale, a zero point, and three inputs for each operand");
        }

        Operator concat = OperatorRegistry.Find("", "Concat")!;
        IEnumerable<Value> operands = Operands(node).Select(i => new Value("x", new TensorType(ElementType.Float32, node.Input(i).Shape)));
        return [new TensorType(node.Input(1).Type, concat.Infer(new Node(node.Name, concat, 13, operands, [new Value("y")], node.Attributes))[0].Shape)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value[] requantised = Operands(node).Select(i => parts.Quantised(parts.Real(node.Input(i), node.Input(i + 1), node.InputOrNull(i + 2)), node.Input(0), node.Input(1))).ToArray();
        return [parts.Add("Concat", node.Attributes, requantised)];
    }

    private static IEnumerable<int> Operands(Node node) => Enumerable.Range(0, (node.Inputs.Count - 2) / 3).Select(i => 2 + (3 * i));
}

/// <summary>Choice between quantised values (com.microsoft QLinearWhere): condition, three inputs for x, three for y, and z's scale and zero point.</summary>
public sealed class QLinearWhere() : FunctionOperator("com.microsoft")
{
    /// <inheritdoc/>
    public override string Name => "QLinearWhere";

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Infer(Node node)
    {
        Shape? shape = Shape.Broadcast(node.Input(1).Shape, node.Input(4).Shape);
        shape = shape is null ? null : Shape.Broadcast(shape.Value, node.Input(0).Shape);
        return [new TensorType(node.Input(8).Type, shape ?? throw new OperatorException(node, "its operands do not broadcast"))];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Value> Decompose(Node node, Graph graph)
    {
        var parts = new IntegerArithmetic(node, graph);
        Value x = parts.Real(node.Input(1), node.Input(2), node.InputOrNull(3)), y = parts.Real(node.Input(4), node.Input(5), node.InputOrNull(6));
        return [parts.Quantised(parts.Add("Where", node.Input(0), x, y), node.Input(7), node.Input(8))];
    }
}
