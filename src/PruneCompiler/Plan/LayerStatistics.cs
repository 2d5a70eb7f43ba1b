using System.Runtime.InteropServices;
using PruneCompiler.Emit;
using PruneCompiler.IR;
using PruneCompiler.Operators;
using PruneCompiler.Optimize;
using PruneCompiler.Report;

namespace PruneCompiler.Plan;

/// <summary>The sizes of a graph's layers, taken right after import, so that reports can say what pruning removed.</summary>
public sealed class LayerStatistics
{
    private readonly List<LayerRow> rows = [];
    private readonly Dictionary<string, Queue<int>> open = new(StringComparer.Ordinal);

    private readonly Dictionary<string, string> gone = new(StringComparer.Ordinal);

    /// <summary>Measures every layer.</summary>
    public static LayerStatistics Of(Graph graph)
    {
        var result = new LayerStatistics();
        foreach (Node node in graph.Nodes)
        {
            if (node.Operator.Measure(node) is { } size)
            {
                // Names need not be unique; layers of one name are told apart by their order.
                (CollectionsMarshal.GetValueRefOrAddDefault(result.open, node.Name, out _) ??= new()).Enqueue(result.rows.Count);
                long bytes = WeightMatrix.ValuesOf(node).Sum(v => v.StoredBytes);
                result.rows.Add(new LayerRow(node.Name, Title(node), "", "", size.Macs, 0, bytes, 0, size.Weights, 0, size.Channels, 0, node.Outputs[0].Shape.ToString()));
            }
        }

        return result;
    }

    /// <summary>Says why a node is gone.</summary>
    public void Explain(Node node, string why) => gone[node.Name] = why;

    /// <summary>The layer as it was, with its place in the original order, by its node's name; each is given out once. Null for a layer that a pass has made.</summary>
    public (int Index, LayerRow Row)? Take(string name) =>
        open.TryGetValue(name, out Queue<int>? places) && places.TryDequeue(out int index) ? (index, rows[index]) : null;

    /// <summary>The rows of a finished plan in the original order, with those of the layers that are gone.</summary>
    public List<LayerRow> Complete(IReadOnlyList<(int Index, LayerRow Row)> kept)
    {
        var all = kept.Select((k, place) => (k.Index, place, k.Row)).ToList();
        foreach (int index in open.Values.SelectMany(q => q))
        {
            all.Add((index, 0, rows[index] with { Strategy = "removed", Reason = $"removed: {gone.GetValueOrDefault(rows[index].Name, "its result is a constant, or nothing reads it")}" }));
        }

        return [.. all.OrderBy(a => a.Index).ThenBy(a => a.place).Select(a => a.Row)];
    }

    /// <summary>The operator with its kernel and what is fused, for people: Conv 3x3 / 2 + add + Relu.</summary>
    public static string Title(Node node)
    {
        string title = node.Operator switch
        {
            RecurrentLayer => $"{RecurrentLowering.Title(RecurrentLayer.Kind(node))} recurrence",
            IntegerProduct => IntegerProduct.IsMatrix(node) ? "MatMul" : "Conv",
            _ => node.Operator.Name,
        };
        if (node.Operator is Conv or ConvTranspose || (node.Operator is IntegerProduct && !IntegerProduct.IsMatrix(node)))
        {
            Shape w = node.Input(1).Shape;
            title += " " + string.Join('x', w.Dims[2..].ToArray());
            long[] strides = node.Attributes.Ints("strides") ?? [];
            title += strides.Any(s => s != 1) ? " / " + string.Join('x', strides.Distinct()) : "";
            long group = node.Attributes.Int("group", 1);
            title += group == 1 ? "" : group == node.Input(0).Shape[1] ? " depthwise" : $" in {group} groups";
        }

        title += FactorLowRank.Title(node);
        title += node.InputOrNull(3) is not null && node.Operator is not IntegerProduct ? " + add" : "";
        string name = Epilogue.Of(node).Name;
        return name.Length > 0 ? $"{title} + {name}" : title;
    }
}
