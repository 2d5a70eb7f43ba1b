using Onnx;
using PruneCompiler.Diagnostics;

namespace PruneCompiler.Import;

/// <summary>An order of the nodes in which every value is computed before it is read. A file that is sorted keeps its order.</summary>
internal static class NodeOrder
{
    /// <summary>Sorts the nodes of one graph or function body.</summary>
    /// <exception cref="CompileException">Two nodes produce one name, or nodes depend on each other in a circle.</exception>
    public static List<NodeProto> Sort(IList<NodeProto> nodes)
    {
        var producers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < nodes.Count; i++)
        {
            foreach (string output in nodes[i].Output.Where(o => o.Length > 0))
            {
                if (!producers.TryAdd(output, i))
                {
                    throw new CompileException(Catalogue.Malformed(Title(nodes[i]), $"the value '{output}' is already produced by the node '{Title(nodes[producers[output]])}'"));
                }
            }
        }

        var sorted = new List<NodeProto>(nodes.Count);
        var state = new Progress[nodes.Count];
        var open = new Stack<(int Node, IEnumerator<string> Reads)>();
        for (int start = 0; start < nodes.Count; start++)
        {
            Enter(start);
            while (open.Count > 0)
            {
                (int node, IEnumerator<string> reads) = open.Peek();
                if (!reads.MoveNext())
                {
                    open.Pop();
                    state[node] = Progress.Done;
                    sorted.Add(nodes[node]);
                }
                else if (producers.TryGetValue(reads.Current, out int producer))
                {
                    Enter(producer);
                }
            }
        }

        return sorted;

        void Enter(int node)
        {
            if (state[node] == Progress.Open)
            {
                IEnumerable<string> circle = open.Select(o => o.Node).TakeWhile(n => n != node).Prepend(node).Take(8).Select(n => $"'{Title(nodes[n])}'");
                throw new CompileException(Catalogue.Malformed(Title(nodes[node]), $"nodes depend on each other in a circle: {string.Join(", ", circle)}"));
            }

            if (state[node] == Progress.None)
            {
                state[node] = Progress.Open;
                open.Push((node, Reads(nodes[node]).GetEnumerator()));
            }
        }
    }

    /// <summary>The node's name, or one made from its first output.</summary>
    public static string Title(NodeProto node) => node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(o => o.Length > 0) ?? node.OpType;

    /// <summary>Every name from outside that a node reads, captures of its subgraphs included.</summary>
    public static IEnumerable<string> Reads(NodeProto node) =>
        node.Input.Where(i => i.Length > 0).Concat(node.Attribute.SelectMany(Subgraphs).SelectMany(Captures));

    /// <summary>The graphs in an attribute.</summary>
    public static IEnumerable<GraphProto> Subgraphs(AttributeProto attribute) => attribute.G is null ? attribute.Graphs : attribute.Graphs.Prepend(attribute.G);

    /// <summary>Every name that a subgraph reads and does not define.</summary>
    public static IEnumerable<string> Captures(GraphProto graph)
    {
        var own = new HashSet<string>(graph.Input.Select(i => i.Name), StringComparer.Ordinal);
        own.UnionWith(graph.Initializer.Select(i => i.Name));
        own.UnionWith(graph.SparseInitializer.Select(i => i.Values?.Name ?? ""));
        own.UnionWith(graph.Node.SelectMany(n => n.Output));
        return graph.Node.SelectMany(Reads).Concat(graph.Output.Select(o => o.Name)).Where(n => !own.Contains(n)).Distinct(StringComparer.Ordinal);
    }

    private enum Progress
    {
        None,
        Open,
        Done,
    }
}
