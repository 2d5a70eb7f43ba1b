using Onnx;
using PruneCompiler.Diagnostics;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Import;

/// <summary>
/// Walks the nodes of a graph or function body in the order of their data and adds them to the IR, types known and constants folded
/// as it goes; calls of the model's functions are walked in place.
/// </summary>
internal sealed class GraphReader(ImportContext context, Graph graph)
{
    private const int MaximumCalls = 64;
    private readonly ImportContext context = context;
    private readonly Graph graph = graph;
    private readonly NodeAdder adder = new(graph, context.Budget);

    /// <summary>What the import shares.</summary>
    public ImportContext Context => context;

    /// <summary>The graph that grows.</summary>
    public Graph Graph => graph;

    /// <summary>Puts the initializers of a graph into its scope.</summary>
    public static void DefineInitializers(GraphProto proto, Scope scope)
    {
        foreach (TensorProto tensor in proto.Initializer)
        {
            if (!scope.Define(tensor.Name, tensor))
            {
                throw new CompileException(Catalogue.Malformed(null, $"the initializer '{tensor.Name}' is there twice"));
            }
        }

        foreach (SparseTensorProto tensor in proto.SparseInitializer)
        {
            if (!scope.Define(tensor.Values?.Name ?? "", tensor))
            {
                throw new CompileException(Catalogue.Malformed(null, $"the initializer '{tensor.Values?.Name}' is there twice"));
            }
        }
    }

    /// <summary>Adds nodes.</summary>
    /// <param name="nodes">Nodes in any order.</param>
    /// <param name="body">What the names in them mean.</param>
    public void Read(IList<NodeProto> nodes, Body body)
    {
        foreach (NodeProto node in NodeOrder.Sort(nodes))
        {
            Read(node, body);
        }
    }

    /// <summary>The value of a name.</summary>
    /// <exception cref="CompileException">Nothing produces it.</exception>
    public Value Find(string name, string? reader, Body body) => body.Scope.Find(name, graph)
        ?? throw new CompileException(Catalogue.Malformed(reader, $"'{name}' is read, but nothing produces it"));

    /// <summary>Adds a node of ONNX's own domain.</summary>
    /// <param name="operatorName">Operator.</param>
    /// <param name="title">Name of the node.</param>
    /// <param name="inputs">Inputs.</param>
    /// <param name="outputs">Names of the outputs in the model; empty for those that nobody reads.</param>
    /// <param name="attributes">Attributes, if any.</param>
    /// <param name="body">What the names mean; null for a node that is not the model's, which is then of the newest opset.</param>
    /// <returns>The values that the outputs became.</returns>
    public IReadOnlyList<Value> Add(string operatorName, string title, IEnumerable<Value?> inputs, IList<string> outputs, Attributes? attributes, Body? body) =>
        Add(OperatorRegistry.Find("", operatorName) ?? throw new CompileException(Catalogue.MissingOperators($"{operatorName} ({title})")), title, inputs, outputs, attributes, body);

    /// <summary>A graph attribute.</summary>
    /// <exception cref="CompileException">The node has none of that name.</exception>
    public static GraphProto Subgraph(NodeProto node, string name, string title, Body body) =>
        AttributeReader.Bind(node.Attribute, body.Parameters).FirstOrDefault(a => a.Name == name)?.G
        ?? throw new CompileException(Catalogue.Malformed(title, $"{node.OpType} has no graph '{name}'"));

    /// <summary>True for operators that are read as more than one node: those with subgraphs, and those on sequences.</summary>
    public static bool ReadsItself(string domain, string operatorName) => Reader(domain, operatorName) is not null;

    private static Func<GraphReader, NodeProto, string, Body, IReadOnlyList<Value>>? Reader(string domain, string operatorName) => (domain, operatorName) switch
    {
        ("", "If") => IfReader.Read,
        ("", "Loop") => LoopReader.Read,
        ("", "Scan") => ScanReader.Read,
        ("ai.onnx.preview", "FlexAttention") => FlexAttentionReader.Read,
        _ => SequenceReader.Find(domain, operatorName),
    };

    private IReadOnlyList<Value> Add(Operator definition, string title, IEnumerable<Value?> inputs, IList<string> outputs, Attributes? attributes, Body? body)
    {
        List<Value> values = (body is null ? outputs : Trim(outputs)).Select(o => new Value(graph.FreshName(o.Length == 0 ? title + (body is null ? "" : " unused") : body?.Prefix + o))).ToList();
        return adder.Add(new Node(title, definition, body?.Opsets.Version(definition.Domain) ?? Operator.NewestOpset, inputs, values, attributes));
    }

    private void Read(NodeProto proto, Body body)
    {
        string title = body.Prefix + NodeOrder.Title(proto);
        string domain = OpsetImports.Domain(proto.Domain);
        Operator? definition = OperatorRegistry.Find(domain, proto.OpType);
        IReadOnlyList<Value> results;
        if (Reader(domain, proto.OpType) is { } read)
        {
            results = read(this, proto, title, body);
        }
        else if (definition is null && context.Function(proto) is { } function)
        {
            results = Call(function, proto, title, body);
        }
        else if (definition is null)
        {
            throw new CompileException(Catalogue.MissingOperators($"{proto.OpType} ({title})"));
        }
        else
        {
            var inputs = Trim(proto.Input).Select(i => i.Length == 0 ? null : Find(i, title, body)).ToList();
            bool passes = definition is Identity && inputs is [SequenceValue];
            SequenceValue.Refuse(passes ? [] : inputs, title, $"{proto.OpType} reads");
            Attributes attributes = AttributeReader.Read(AttributeReader.Bind(proto.Attribute, body.Parameters), context.Tensors, title);
            results = passes ? [inputs[0]!] : Add(definition, title, inputs, proto.Output, attributes, body);
        }

        for (int i = 0; i < proto.Output.Count; i++)
        {
            string name = proto.Output[i];
            if (name.Length > 0 && (i >= results.Count || !body.Scope.Define(name, results[i])))
            {
                throw new CompileException(Catalogue.Malformed(title, i >= results.Count
                    ? $"{proto.OpType} has no output {i} ('{name}')"
                    : $"the value '{name}' is already defined"));
            }
        }
    }

    private IReadOnlyList<Value> Call(FunctionProto function, NodeProto call, string title, Body body)
    {
        if (body.Depth == MaximumCalls)
        {
            throw new CompileException(Catalogue.Malformed(title, $"calls of functions nest more than {MaximumCalls} deep; does '{function.Name}' call itself?"));
        }

        if (call.Input.Count > function.Input.Count)
        {
            throw new CompileException(Catalogue.Malformed(title, $"the function '{function.Name}' has {function.Input.Count} inputs, not {call.Input.Count}"));
        }

        var parameters = function.AttributeProto.ToDictionary(a => a.Name, StringComparer.Ordinal);
        foreach (AttributeProto attribute in AttributeReader.Bind(call.Attribute, body.Parameters))
        {
            parameters[attribute.Name] = attribute;
        }

        var inner = new Body(new Scope(null, context.Tensors), OpsetImports.Read(function.OpsetImport), title + "/", parameters, body.Depth + 1);
        var left = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < function.Input.Count; i++)
        {
            if (i < call.Input.Count && call.Input[i].Length > 0)
            {
                inner.Scope.Define(function.Input[i], Find(call.Input[i], title, body));
            }
            else
            {
                left.Add(function.Input[i]);
            }
        }

        Read(left.Count == 0 ? function.Node : WithoutInputs(function.Node, left), inner);
        return function.Output.Select(o => Find(o, title, inner)).ToList();
    }

    // An optional input that the caller leaves out is also left out where the body reads it.
    private static List<NodeProto> WithoutInputs(IEnumerable<NodeProto> nodes, HashSet<string> left) => nodes.Select(n =>
    {
        NodeProto copy = n.Clone();
        for (int i = 0; i < copy.Input.Count; i++)
        {
            copy.Input[i] = left.Contains(copy.Input[i]) ? "" : copy.Input[i];
        }

        return copy;
    }).ToList();

    private static IEnumerable<string> Trim(IList<string> names)
    {
        int count = names.Count;
        while (count > 0 && names[count - 1].Length == 0)
        {
            count--;
        }

        return names.Take(count);
    }
}
