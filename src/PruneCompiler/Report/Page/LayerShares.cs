using PruneCompiler.Emit;
using PruneCompiler.Plan.Cost;

namespace PruneCompiler.Report;

/// <summary>Shares that several parts of the page show.</summary>
internal static class LayerShares
{
    /// <summary>Share of the weights between kept channels that are kept: 1 where only channels were removed.</summary>
    public static double Density(LayerFacts facts)
    {
        if (facts.Original is not { } original || original.Size.Weights == 0)
        {
            return 1;
        }

        double between = original.Size.Weights * Channels(original);
        return between == 0 ? 0 : Math.Clamp(facts.Row.WeightsAfter / between, 0, 1);
    }

    /// <summary>Share of (output, input) channel pairs that is left.</summary>
    public static double Channels(OriginalLayer original)
    {
        double outputs = Share(original.KeptOutputs, original.Size.Channels), inputs = original.Groups > 1 || original.Operator.EndsWith("recurrence", StringComparison.Ordinal) ? 1 : Share(original.KeptInputs, original.InputChannels);
        return outputs * inputs;
    }

    /// <summary>How many times faster than the dense form of the whole model the plan is predicted to be; null without predictions.</summary>
    public static double? Predicted(IReadOnlyList<LayerFacts> layers)
    {
        double dense = 0, chosen = 0;
        foreach (LayerFacts layer in layers)
        {
            Prediction? mine = layer.Predictions.FirstOrDefault(p => p.Strategy == layer.Row.Strategy), full = layer.Predictions.Where(p => p.IsDense).MinBy(p => p.Cycles) ?? mine;
            if (mine is not null && full is not null && layer.Original is { } original)
            {
                // The dense candidate is that of the layer as it is now; channels that are gone would have cost in proportion.
                dense += full.Cycles / Math.Max(1e-3, Channels(original));
                chosen += mine.Cycles;
            }
        }

        return chosen > 0 ? dense / chosen : null;
    }

    private static double Share(int[]? kept, int all) => kept is null || all == 0 ? 1 : Math.Min(1, kept.Length / (double)all);
}
