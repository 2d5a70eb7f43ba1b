using System.Globalization;
using PruneCompiler.Plan.Cost;
using PruneCompiler.Plan.Strategies.SparseRows;

namespace PruneCompiler.Plan.Strategies.SharedTaps;

/// <summary>Output channels of a convolution in groups that share taps, found behind any order of the channels.</summary>
/// <param name="Groups">Every output channel is in exactly one.</param>
/// <param name="Shared">Channels in groups of two or more.</param>
/// <param name="Zeros">Zeros that are multiplied, as a share of the weights that are.</param>
internal sealed record TapGroups(List<SparseGroup> Groups, int Shared, double Zeros)
{
    /// <summary>For reasons: how many channels share taps, and what it costs in zeros.</summary>
    public string About => string.Create(CultureInfo.InvariantCulture, $"{Shared} of {Groups.Sum(g => g.Channels.Length)} channels share taps in groups of up to {Groups.Max(g => g.Channels.Length)}")
        + (Zeros > 0.001 ? string.Create(CultureInfo.InvariantCulture, $" ({100 * Zeros:0.#} % of their products are zeros)") : "");

    /// <summary>What the groups are predicted to take for one vector of pixels.</summary>
    public double Cycles(CostTarget target) => Cycles(Groups, target);

    /// <summary>The same for any groups.</summary>
    public static double Cycles(List<SparseGroup> groups, CostTarget target)
    {
        IReadOnlyDictionary<int, double> costs = target.TapCosts;
        return groups.Sum(g => (g.Offsets.Length * costs[g.Channels.Length]) + (g.Channels.Length * (g.Channels.Length == 1 ? target.SparseRow : target.SharedRow)));
    }

    /// <summary>Groups the channels of a convolution.</summary>
    /// <param name="weights">[O][K], in ONNX's order.</param>
    /// <param name="channels">Output channels O.</param>
    /// <param name="offsets">[K] tap offsets of the first convolution group.</param>
    /// <param name="tapCosts">What a tap costs for a group of 1, 2, 4, 8 channels.</param>
    /// <param name="convolutionGroups">ONNX's group attribute.</param>
    /// <param name="groupOffset">Elements from one convolution group's input channels to the next one's.</param>
    public static TapGroups Find(float[] weights, int channels, int[] offsets, IReadOnlyDictionary<int, double> tapCosts, int convolutionGroups, int groupOffset)
    {
        RowSupports supports = RowSupports.Of(weights, channels, offsets.Length);
        int perGroup = channels / convolutionGroups;
        var groups = new List<SparseGroup>();
        for (int g = 0; g < convolutionGroups; g++)
        {
            foreach (int[] rows in RowClusters.Find(supports, tapCosts, g * perGroup, perGroup))
            {
                groups.Add(SparsePacker.Group(weights, offsets, rows, g * groupOffset));
            }
        }

        long all = groups.Sum(g => (long)g.Weights.Length);
        return new TapGroups(groups, groups.Where(g => g.Channels.Length > 1).Sum(g => g.Channels.Length), all == 0 ? 0 : (all - supports.Taps.Sum(t => (long)t)) / (double)all);
    }
}
