using System.Text;
using PruneCompiler.IR;
using PruneCompiler.Operators;

namespace PruneCompiler.Prune;

/// <summary>
/// Channels that are the same as others for every input (filters of equal weights, or of weights that differ by a power of two) are computed once: the layers behind
/// them add the weights of both, so that nobody reads the second and it dies like any other unread channel. Whoever cannot add them reads the first through a Gather.
/// </summary>
internal static class FoldDuplicates
{
    /// <summary>Multiply-adds that cost as much as gathering an element.</summary>
    private const int GatherCost = 8;

    /// <summary>Edits the graph; gives sentences for people.</summary>
    public static List<string> Run(Graph graph)
    {
        var copies = new Dictionary<Value, Copies>();
        var notes = new List<string>();
        foreach (Node node in graph.Nodes.ToArray())
        {
            LayerMatrix? layer = LayerMatrix.Of(node);
            if (layer is not null && layer.Groups == 1 && copies.TryGetValue(node.Input(0), out Copies? folded) && folded.Axis == ChannelAxis(node) && layer.Fold(folded))
            {
                node.SetInput(layer.WeightsInput, graph.Constant(node.Input(layer.WeightsInput).Name, layer.ToTensor()));
            }

            if (node.Outputs.Count == 1 && (layer is null ? CopiesThrough.Find(node, copies) : Filters(node, layer, copies)) is { } found)
            {
                copies.Add(node.Outputs[0], found);
                if (layer is not null)
                {
                    notes.Add($"{node.Name}: {found.Count} of {layer.Outputs} channels are multiples of others.");
                }
            }
        }

        foreach ((Value value, Copies found) in copies)
        {
            Gather(graph, value, found, copies);
        }

        return notes;
    }

    private static int ChannelAxis(Node layer) => layer.Operator is Conv ? 1 : layer.Input(0).Shape.Rank - 1;

    /// <summary>Filters that are multiples of each other, with inputs that are counted as one.</summary>
    private static Copies? Filters(Node node, LayerMatrix layer, Dictionary<Value, Copies> copies)
    {
        Copies? inputs = layer.Groups > 1 && layer.Inputs == 1 && copies.TryGetValue(node.Input(0), out Copies? channels) && channels.Axis == 1 ? channels : null;
        int axis = node.Operator is Conv ? 1 : node.Outputs[0].Shape.Rank - 1, perGroup = layer.Outputs / layer.Groups;

        // Most filters differ in their first weights already; only the others are looked at as a whole.
        string?[] starts = Enumerable.Range(0, layer.Outputs).Select(o => Describe(o, 3)?.Key).ToArray();
        HashSet<string> several = [.. starts.OfType<string>().GroupBy(s => s).Where(g => g.Count() > 1).Select(g => g.Key)];
        return several.Count == 0 ? null
            : Copies.Find(axis, layer.Outputs, (long)layer.Inputs * layer.Taps, o => starts[o] is { } start && several.Contains(start) ? Describe(o, int.MaxValue) : null);

        // The weights that are not zero, divided by a power of two; null for a filter without weights, which is a constant and somebody else's business.
        (string Key, double Factor)? Describe(int output, int most)
        {
            var key = new StringBuilder();
            double scale = 0;
            for (int i = 0, found = 0; i < layer.Inputs && found < most; i++)
            {
                int channel = (output / perGroup * layer.Inputs) + i;
                for (int t = 0; t < layer.Taps && found < most; t++)
                {
                    double w = layer[output, i, t] * (inputs?.Factor[channel] ?? 1);
                    if (w == 0)
                    {
                        continue;
                    }

                    scale = scale == 0 ? Copies.Scale(w) : scale;
                    key.Append(inputs?.Original[channel] ?? channel).Append('.').Append(t).Append(':').Append(Copies.Text(w / scale)).Append(' ');
                    found++;
                }
            }

            return scale == 0 || !double.IsFinite(scale) ? null : (key.Append(Copies.Text((layer.Bias?[layer.Bias.Length == 1 ? 0 : output] ?? 0) / scale)).ToString(), scale);
        }
    }

    // Readers that neither fold nor pass on what is repeated get it from the originals, if that is cheaper than computing it. Chains of quantised layers stay whole.
    private static void Gather(Graph graph, Value value, Copies found, Dictionary<Value, Copies> copies)
    {
        int repeated = found.Original.Where((o, i) => o != i && found.Factor[i] == 1).Count();
        Node[] readers = value.Uses.Distinct().Where(u => !Handles(u, value, copies)).ToArray();
        bool leaves = graph.Outputs.Contains(value);
        if (repeated * found.Work < (long)GatherCost * found.Original.Length || (readers.Length == 0 && !leaves) || readers.Any(r => !graph.Nodes.Contains(r) || r.Operator is AffineQuantization or Cast) || value.Producer is not { } producer)
        {
            return;
        }

        long[] indices = found.Original.Select((o, i) => (long)(found.Factor[i] == 1 ? o : i)).ToArray();
        Node? behind = graph.IndexOf(producer) + 1 is var at && at < graph.Nodes.Count ? graph.Nodes[at] : null;
        Value gathered = graph.Insert(behind, value.Name + " repeated", "Gather", [value, graph.Constant(value.Name + " originals", Tensor.Vector<long>(indices))], new Attributes().Set("axis", found.Axis)).Outputs[0];
        foreach (Node reader in readers)
        {
            for (int i = 0; i < reader.Inputs.Count; i++)
            {
                if (reader.Inputs[i] == value)
                {
                    reader.SetInput(i, gathered);
                }
            }
        }

        for (int i = 0; i < graph.Outputs.Count; i++)
        {
            if (graph.Outputs[i] == value)
            {
                graph.Outputs[i] = gathered;
            }
        }
    }

    private static bool Handles(Node reader, Value value, Dictionary<Value, Copies> copies)
    {
        bool layer = LayerMatrix.Of(reader) is { Groups: 1 } && reader.Input(0) == value && copies[value].Axis == ChannelAxis(reader) && reader.Inputs.Count(i => i == value) == 1;
        return layer || (reader.Outputs.Count == 1 && copies.TryGetValue(reader.Outputs[0], out Copies? passed) && passed.Count >= copies[value].Count);
    }
}
