using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PruneCompiler.IR;

namespace PruneCompiler.Optimize;

/// <summary>Nodes that compute the same of the same operands are computed once (common subexpressions); constants of equal content count as the same.</summary>
internal static class MergeEqualNodes
{
    /// <summary>Edits the graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="merged">Told of each node that goes, with the node that stands for it.</param>
    public static void Run(Graph graph, Action<Node, Node>? merged = null)
    {
        var numbers = new Dictionary<Value, string>();
        var contents = new Dictionary<string, string>(StringComparer.Ordinal);
        var nodes = new Dictionary<string, Node>(StringComparer.Ordinal);
        foreach (Node node in graph.Nodes.ToArray())
        {
            if (!node.Operator.IsPure || node.Attributes.Names.Any(n => node.Attributes.Get(n) is Graph))
            {
                continue;
            }

            string key = Key(node);
            if (!nodes.TryAdd(key, node))
            {
                Node first = nodes[key];
                for (int i = 0; i < node.Outputs.Count; i++)
                {
                    graph.Replace(node.Outputs[i], first.Outputs[i]);
                }

                graph.Remove(node);
                merged?.Invoke(node, first);
            }
        }

        string Key(Node node)
        {
            var key = new StringBuilder($"{node.Operator.Domain}:{node.Operator.Name}:{node.Opset}:{node.Outputs.Count}");
            foreach (string name in node.Attributes.Names)
            {
                key.Append(CultureInfo.InvariantCulture, $"|{name}={Text(node.Attributes.Get(name)!)}");
            }

            foreach (Value? input in node.Inputs)
            {
                key.Append('|').Append(input is null ? "-" : Number(input));
            }

            return key.ToString();
        }

        string Number(Value value)
        {
            if (!numbers.TryGetValue(value, out string? number))
            {
                number = $"v{numbers.Count}";
                if (value.Constant is { } constant)
                {
                    string content = Content(constant);
                    number = contents.GetValueOrDefault(content, number);
                    contents.TryAdd(content, number);
                }

                numbers.Add(value, number);
            }

            return number;
        }
    }

    private static string Content(Tensor tensor) => $"{tensor.Type}{tensor.Shape}{Convert.ToHexString(SHA256.HashData(tensor.Bytes))}";

    private static string Text(object value) => value switch
    {
        float f => Bits(f),
        float[] list => string.Join(',', list.Select(Bits)),
        long[] list => string.Join(',', list.Select(v => v.ToString(CultureInfo.InvariantCulture))),
        string text => text.Length.ToString(CultureInfo.InvariantCulture) + text,
        string[] list => string.Join(',', list.Select(t => t.Length.ToString(CultureInfo.InvariantCulture) + t)),
        Tensor tensor => Content(tensor),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Bits(float value) => BitConverter.SingleToInt32Bits(value).ToString("x8", CultureInfo.InvariantCulture);
}
