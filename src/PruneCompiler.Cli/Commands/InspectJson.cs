using PruneCompiler.Emit;
using PruneCompiler.Report;

namespace PruneCompiler.Cli.Commands;

/// <summary>One layer as prunec inspect --json gives it.</summary>
internal static class InspectJson
{
    /// <summary>The layer's facts as an object to serialise.</summary>
    public static object Layer(LayerFacts facts)
    {
        (LayerRow l, OriginalLayer? original, _) = facts;
        return new
        {
            name = l.Name,
            @operator = l.Operator,
            shape = l.Shape,
            input_shape_before = original?.InputShape.ToString(),
            output_shape_before = original?.OutputShape.ToString(),
            strategy = l.Strategy,
            reason = l.Reason,
            macs_before = l.MacsBefore,
            macs_after = l.MacsAfter,
            bytes_before = l.BytesBefore,
            bytes_after = l.BytesAfter,
            weights_before = l.WeightsBefore,
            weights_after = l.WeightsAfter,
            channels_before = l.ChannelsBefore,
            channels_after = l.ChannelsAfter,
            input_channels_before = original?.InputChannels ?? 0,
            input_channels_after = original is null ? 0 : original.KeptInputs?.Length ?? original.InputChannels,
            predicted_cycles = facts.Predictions.FirstOrDefault(p => p.Strategy == l.Strategy)?.Cycles,
            alternatives = facts.Predictions.Where(p => p.Strategy != l.Strategy).Select(p => new { strategy = p.Strategy, predicted_cycles = p.Cycles }),
            structure = original is { Structure: { Weights: > 0 } s } ? Structure(s) : null,
        };
    }

    private static object Structure(StructureFacts s) => new
    {
        weights = s.Weights,
        non_zeros = s.NonZeros,
        sparsity = s.Sparsity,
        filters = s.Filters,
        zero_filters = s.ZeroFilters,
        repeated_filters = s.RepeatedFilters,
        inputs = s.Inputs,
        zero_inputs = s.ZeroInputs,
        kernels = s.Kernels,
        zero_kernels = s.ZeroKernels,
        zero_stripes = s.ZeroStripes,
        kernel_patterns = s.KernelPatterns,
        kept_positions = s.KeptPositions,
        block = s.Block is { } b ? new[] { b.Rows, b.Columns } : null,
        n_of_m = s.Ratio is { } r ? new[] { r.N, r.M } : null,
        modules = s.Modules,
        low_rank = s.Rank,
        magnitudes = s.Magnitudes,
        near_zeros = s.NearZeros,
        denormals = s.Denormals,
        pq_index = double.IsFinite(s.PqIndex) ? s.PqIndex : (double?)null, // weights may be infinite or NaN
        found = s.Chips(),
    };
}
