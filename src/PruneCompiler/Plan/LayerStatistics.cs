using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Plan;

/// <summary>The sizes of a graph's layers, taken right after import, so that reports can say what pruning removed.</summary>
public sealed class LayerStatistics
{
    private readonly Dictionary<string, LayerSize> sizes = new(StringComparer.Ordinal);

    /// <summary>Measures every layer. Of layers with one name the first counts.</summary>
    public static LayerStatistics Of(Graph graph)
    {
        var result = new LayerStatistics();
        foreach (Node node in graph.Nodes)
        {
            if (node.Operator.Measure(node) is { } size)
            {
                result.sizes.TryAdd(node.Name, size);
            }
        }

        return result;
    }

    /// <summary>The size of a layer by its node's name, or null.</summary>
    public LayerSize? Find(string name) => sizes.GetValueOrDefault(name);

    /// <summary>The operator with its kernel and what is fused, for people: Conv 3x3 / 2 + add + Relu.</summary>
    public static string Title(Node node)
    {
        string title = node.Operator.Name;
        if (node.Operator is Conv or ConvTranspose)
        {
            Shape w = node.Input(1).Shape;
            title += " " + string.Join('x', w.Dims[2..].ToArray());
            long[] strides = node.Attributes.Ints("strides") ?? [];
            title += strides.Any(s => s != 1) ? " / " + string.Join('x', strides.Distinct()) : "";
            long group = node.Attributes.Int("group", 1);
            title += group == 1 ? "" : group == node.Input(0).Shape[1] ? " depthwise" : $" in {group} groups";
        }

        title += node.InputOrNull(3) is not null ? " + add" : "";
        string name = Epilogue.Of(node).Name;
        return name.Length > 0 ? $"{title} + {name}" : title;
    }
}
