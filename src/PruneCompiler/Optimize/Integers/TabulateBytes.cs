using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Optimize.Integers;

/// <summary>
/// What element-wise operators make of one byte on its way to another, between the layers of quantised networks, becomes a table of its 256 results
/// (dequantise, Sigmoid, quantise). Exact: the entries are what the operators themselves give.
/// </summary>
internal static class TabulateBytes
{
    /// <summary>Edits the graph.</summary>
    public static void Run(Graph graph)
    {
        foreach (Node node in graph.Nodes.ToArray())
        {
            var chain = new Chain(node.Outputs[0].Shape);
            if (IsByte(node.Outputs[0]) && chain.Add(node) && chain.Source is { } source && chain.ThroughFloats)
            {
                Value table = graph.Constant(node.Name + "_table", chain.Table(node));
                Node lookup = graph.Insert(node, node.Name, "ByteTable", [source, table], domain: Narrow.OwnDomain);
                graph.Replace(node.Outputs[0], lookup.Outputs[0]);
                graph.Remove(node);
            }
        }

        foreach (Node node in graph.Nodes.ToArray())
        {
            if (node.Operator is IntegerMul or IntegerAdd ? node.Input(0).Shape == node.Input(1).Shape && Root(node.Input(0)) == Root(node.Input(1)) : IsUnary(node) && Joins(node, node.Input(0).Producer))
            {
                Value root = Root(node.Input(0)), table = graph.Constant(node.Name + "_table", Joined(node.Outputs[0], root));
                graph.Replace(node.Outputs[0], graph.Insert(node, node.Name, "ByteTable", [root, table], domain: Narrow.OwnDomain).Outputs[0]);
                graph.Remove(node);
            }
        }

        graph.RemoveUnread();
    }

    private static bool IsUnary(Node? node) => node?.Operator is ByteTable or FlipSign;

    // A table and what is in front of it; a change of sign behind a table that nobody else reads.
    private static bool Joins(Node node, Node? before) => IsUnary(before) && (node.Operator is ByteTable || (before!.Operator is ByteTable && before.Outputs[0].Uses.Count == 1));

    // The byte that tables and changes of sign read; any other value stands for itself.
    private static Value Root(Value value) => IsUnary(value.Producer) ? Root(value.Producer!.Input(0)) : value;

    // x * sigmoid(x) and the like: both operands are functions of one byte, and so is the result.
    private static Tensor Joined(Value value, Value root)
    {
        if (value == root)
        {
            return new Tensor(root.Type, new Shape(256), [.. Enumerable.Range(0, 256).Select(i => (byte)i)]);
        }

        Node node = value.Producer!;
        Tensor[] inputs = [.. node.Inputs.Select(i => i!.Constant ?? Joined(i, root))];
        Value[] operands = [.. inputs.Select(t => new Value("operand", new TensorType(t.Type, t.Shape)))];
        var copy = new Node(node.Name, node.Operator, node.Opset, operands, [new Value("all", new TensorType(value.Type, new Shape(256)))], node.Attributes.Clone());
        return node.Operator.Evaluate(copy, inputs)[0];
    }

    private static bool IsByte(Value value) => value.Type is ElementType.UInt8 or ElementType.Int8;

    // The element-wise nodes from one byte to another; all values have one shape, everything else that they read is a single constant.
    private sealed class Chain(Shape shape)
    {
        private static readonly Shape AllBytes = new(256);
        private readonly HashSet<Node> nodes = [];

        public Value? Source { get; private set; }

        // Arithmetic on bytes alone has vector forms that beat a table.
        public bool ThroughFloats { get; private set; }

        public bool Add(Node node)
        {
            if (node.Operator is not ElementwiseOperator || node.Outputs.Count != 1 || node.Outputs[0].Shape != shape)
            {
                return false;
            }

            if (!nodes.Add(node))
            {
                return true;
            }

            foreach (Value input in node.Inputs.OfType<Value>().Where(i => i.Constant is not { Count: 1 }))
            {
                if (input.Constant is not null || input.Shape != shape)
                {
                    return false;
                }

                ThroughFloats |= input.Type.IsFloat();
                if (IsByte(input))
                {
                    if (input != (Source ??= input))
                    {
                        return false;
                    }
                }
                else if (input.Producer is not { } producer || !Add(producer))
                {
                    return false;
                }
            }

            return true;
        }

        public Tensor Table(Node end)
        {
            var known = new Dictionary<Value, Tensor> { [Source!] = new(Source!.Type, AllBytes, [.. Enumerable.Range(0, 256).Select(i => (byte)i)]) };
            return Evaluate(end.Outputs[0], known);
        }

        private static Tensor Evaluate(Value value, Dictionary<Value, Tensor> known)
        {
            if (value.Constant is { } constant)
            {
                return constant.Reshaped(Shape.Scalar);
            }

            if (!known.TryGetValue(value, out Tensor? result))
            {
                // The same node over a vector of all bytes.
                Node node = value.Producer!;
                Tensor?[] inputs = [.. node.Inputs.Select(i => i is null ? null : Evaluate(i, known))];
                Value?[] operands = [.. inputs.Select((t, i) => t is null ? null : Operand(t, node.Input(i).Constant is not null))];
                var copy = new Node(node.Name, node.Operator, node.Opset, operands, [new Value("all", new TensorType(value.Type, AllBytes))], node.Attributes.Clone());
                known[value] = result = node.Operator.Evaluate(copy, inputs)[0];
            }

            return result;
        }

        private static Value Operand(Tensor tensor, bool isConstant)
        {
            var operand = new Value("operand", new TensorType(tensor.Type, tensor.Shape));
            if (isConstant)
            {
                operand.MakeConstant(tensor);
            }

            return operand;
        }
    }
}
