using PruneCompiler.Analyze;
using PruneCompiler.IR;
using PruneCompiler.Plan;

namespace PruneCompiler.Report;

/// <summary>What the model was before anything was removed, for reports. Cheap to take; the weights are looked at only when asked for.</summary>
public sealed class Survey
{
    private readonly List<OriginalLayer> layers = [];

    private Survey(IReadOnlyList<PictureNode> picture) => Picture = picture;

    /// <summary>The layers in graph order.</summary>
    public IReadOnlyList<OriginalLayer> Layers => layers;

    /// <summary>The network as boxes in graph order; the first ones are the inputs.</summary>
    public IReadOnlyList<PictureNode> Picture { get; }

    /// <summary>Takes the survey of a graph that no pass has edited.</summary>
    public static Survey Of(Graph graph)
    {
        var picture = new List<PictureNode>();
        var survey = new Survey(picture);

        // A node that is neither a layer nor a junction is part of the line to the box that it reads from.
        var boxOf = new Dictionary<Value, int>();
        foreach (Value input in graph.Inputs)
        {
            boxOf[input] = picture.Count;
            picture.Add(new PictureNode(input.Name, $"input {input.Shape}", [], -1));
        }

        foreach (Node node in graph.Nodes)
        {
            int[] inputs = [.. node.Inputs.Where(i => i is not null && boxOf.ContainsKey(i)).Select(i => boxOf[i!]).Distinct()];
            bool isLayer = node.Operator.Measure(node) is { Macs: > 0 };
            int box = inputs.Length == 1 ? inputs[0] : -1;
            if (isLayer || inputs.Length > 1)
            {
                box = picture.Count;
                picture.Add(new PictureNode(node.Name, node.Operator.Name, inputs, isLayer ? survey.layers.Count : -1));
            }

            if (isLayer)
            {
                survey.layers.Add(new OriginalLayer(node, node.Operator.Measure(node)!, LayerStatistics.Title(node)));
            }

            foreach (Value output in node.Outputs.Where(_ => box >= 0))
            {
                boxOf[output] = box;
            }
        }

        return survey;
    }

    /// <summary>Notes which channels the analysis leaves in.</summary>
    public void Note(PruningFacts facts)
    {
        foreach (OriginalLayer layer in layers)
        {
            layer.KeptOutputs = Kept(facts, layer.Output, layer.IsConvolution);
            layer.KeptInputs = layer.Input is null ? null : Kept(facts, layer.Input, layer.IsConvolution);
        }
    }

    private static int[]? Kept(PruningFacts facts, Value value, bool convolution)
    {
        int rank = value.Shape.Rank;
        return rank == 0 ? null : facts.Values[value].Slices()[convolution && rank > 1 ? 1 : rank - 1];
    }
}
