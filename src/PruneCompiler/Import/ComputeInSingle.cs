using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>
/// 16-bit floats are a form of storage: what lies between the inputs and the outputs of a model is computed in float32, without rounding in between, so that every pass and every kernel
/// for float32 serves such networks too. (ONNX Runtime does the same on processors.) Inputs and outputs keep their types, and the model's own casts still round.
/// </summary>
internal sealed class ComputeInSingle
{
    /// <summary>Marks a conversion that came with a decomposition, not with the model: it need not round.</summary>
    public const string Implied = "implied";

    private readonly Graph graph;

    // Values that were of a 16-bit type, with that type, and their forms in the other precision where both are needed.
    private readonly Dictionary<Value, ElementType> was = [];
    private readonly Dictionary<Value, Value> singles = [];
    private readonly Dictionary<Value, Value> halves = [];

    private ComputeInSingle(Graph graph) => this.graph = graph;

    /// <summary>Runs over a graph whose types are known.</summary>
    public static void Run(Graph graph)
    {
        if (graph.Inputs.Any(IsHalf) || graph.Nodes.Any(n => n.Outputs.Any(IsHalf) || n.Inputs.Any(i => i is not null && IsHalf(i))))
        {
            new ComputeInSingle(graph).Run();
        }
    }

    private void Run()
    {
        ElementType[] declared = [.. graph.Outputs.Select(o => o.Type)];
        foreach (Node node in graph.Nodes.ToArray())
        {
            foreach (Value half in node.Inputs.Concat(node.Outputs).OfType<Value>().Where(IsHalf))
            {
                was.TryAdd(half, half.Type);
            }

            if (node.Inputs.Concat(node.Outputs).Any(v => v is not null && was.ContainsKey(v)))
            {
                Change(node);
            }
        }

        for (int i = 0; i < declared.Length; i++)
        {
            if (graph.Outputs[i].Type != declared[i])
            {
                graph.Outputs[i] = Cast(null, graph.Outputs[i], declared[i]);
            }
        }

        graph.RemoveUnread();
    }

    private void Change(Node node)
    {
        if (node.Operator is Cast)
        {
            ChangeCast(node);
        }
        else if (KeepsPrecision(node) || !TryWiden(node))
        {
            for (int i = 0; i < node.Inputs.Count; i++)
            {
                if (node.Inputs[i] is { } input && was.TryGetValue(input, out ElementType type) && input.Type != type)
                {
                    node.SetInput(i, halves.TryGetValue(input, out Value? half) ? half : halves[input] = Cast(node, input, type));
                }
            }
        }
    }

    // The bits count, or there are values inside that are not seen from here.
    private static bool KeepsPrecision(Node node) => node.Operator is BitCast || node.Attributes.Names.Any(n => node.Attributes.Get(n) is Graph);

    private void ChangeCast(Node node)
    {
        Value input = node.Input(0), output = node.Outputs[0];
        bool half = was.TryGetValue(input, out ElementType from);
        bool exact = half && (output.Type == ElementType.Float32 || output.Type == from);
        if (exact || (node.Attributes.Has(Implied) && input.Type == ElementType.Float32 && IsHalf(output)))
        {
            graph.Replace(output, Single(input));
            graph.Remove(node);
        }
        else if (half)
        {
            node.SetInput(0, Single(input));
        }
    }

    // The node on float32 operands; false, and unchanged, where its operator does not take them.
    private bool TryWiden(Node node)
    {
        Value?[] given = [.. node.Inputs];
        TensorType[] types = [.. node.Outputs.Select(o => o.TensorType)];
        for (int i = 0; i < given.Length; i++)
        {
            if (given[i] is { } input && was.ContainsKey(input))
            {
                node.SetInput(i, Single(input));
            }
        }

        try
        {
            node.Operator.InferTypes(node);
            if (node.Outputs.Zip(types).All(p => p.First.Shape == p.Second.Shape && (p.First.Type == p.Second.Type || (p.First.Type == ElementType.Float32 && was.ContainsKey(p.First)))))
            {
                return true;
            }
        }
        catch (OperatorException)
        {
        }

        for (int i = 0; i < given.Length; i++)
        {
            node.SetInput(i, given[i]);
        }

        for (int i = 0; i < types.Length; i++)
        {
            node.Outputs[i].TensorType = types[i];
        }

        return false;
    }

    private Value Single(Value value)
    {
        if (!IsHalf(value))
        {
            return value;
        }

        if (!singles.TryGetValue(value, out Value? single))
        {
            if (value.Constant is { } constant)
            {
                single = new Value(graph.FreshName(value.Name));
                single.MakeConstant(WholeTensors.Tensor(ElementType.Float32, constant.Shape, WholeTensors.Doubles(constant)), value.StoredBytes);
            }
            else
            {
                int at = value.Producer is { } producer ? graph.IndexOf(producer) + 1 : 0;
                single = Cast(at < graph.Nodes.Count ? graph.Nodes[at] : null, value, ElementType.Float32);
            }

            singles.Add(value, single);
        }

        return single;
    }

    private Value Cast(Node? before, Value value, ElementType type) =>
        graph.Insert(before, $"{value.Name}_{type.Text()}", "Cast", [value], new Attributes().Set("to", (long)type)).Outputs[0];

    private static bool IsHalf(Value value) => value.Type is ElementType.Float16 or ElementType.BFloat16;
}
