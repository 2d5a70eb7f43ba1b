using PruneCompiler.Emit;
using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Report;

/// <summary>Everything that is known of one layer: what the plan decided, what the model held, what the alternatives would have cost.</summary>
/// <param name="Row">The plan's row.</param>
/// <param name="Original">The layer in the model; null for one that a pass has made.</param>
/// <param name="Predictions">Cheapest first; empty where there was no choice.</param>
public sealed record LayerFacts(LayerRow Row, OriginalLayer? Original, IReadOnlyList<Prediction> Predictions)
{
    /// <summary>The facts of all layers in the order of the plan's table.</summary>
    public static IReadOnlyList<LayerFacts> Of(CompiledModel model)
    {
        // Layers of one name are told apart by their order, as in the table.
        Dictionary<string, Queue<OriginalLayer>> originals = (model.Survey?.Layers ?? []).GroupBy(l => l.Name, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => new Queue<OriginalLayer>(g), StringComparer.Ordinal);
        return
        [
            .. model.Plan.Layers.Select(row => new LayerFacts(
                row,
                originals.TryGetValue(row.Name, out Queue<OriginalLayer>? queue) && queue.TryDequeue(out OriginalLayer? original) ? original : null,
                model.Predictions.GetValueOrDefault(row.Name, []))),
        ];
    }
}
