using System.Globalization;

namespace PruneCompiler.Report;

/// <summary>Names what <see cref="StructureFacts"/> found, for people; says nothing of what is not there.</summary>
internal static class StructureChips
{
    public static IReadOnlyList<string> Of(StructureFacts f)
    {
        var chips = new List<string>();
        void Say(bool there, FormattableString text)
        {
            if (there)
            {
                chips.Add(text.ToString(CultureInfo.InvariantCulture));
            }
        }

        Say(f.Weights > 0 && f.NonZeros == f.Weights, $"no zeros");
        Say(f.NonZeros < f.Weights, $"{100 * f.Sparsity:0.#} % zeros");
        Say(f.ZeroFilters > 0, $"{f.ZeroFilters} of {f.Filters} filters zero");
        Say(f.ZeroInputs > 0, $"{f.ZeroInputs} of {f.Inputs} inputs unused");
        Say(f.RepeatedFilters > 0, $"{f.RepeatedFilters} repeated filters");

        // Kernels and stripes of dead filters and inputs are said already.
        long live = (long)(f.Filters - f.ZeroFilters) * (f.Inputs - f.ZeroInputs), empty = live - (f.Kernels - f.ZeroKernels);
        Say(f.PositionShares.Length > 1 && f.Inputs > 1 && empty > 0 && empty >= live / 100, $"{empty} of {live} live kernels empty");
        int taps = f.PositionShares.Length;
        long stripes = f.ZeroStripes - ((long)f.ZeroFilters * taps);
        Say(taps > 1 && f.Inputs > 1 && stripes > 0, $"{stripes} stripes empty");
        Say(f.KernelPatterns is > 0 and <= 32 && f.KeptPositions < taps, $"{f.KernelPatterns} kernel patterns, at most {f.KeptPositions} of {taps} positions");
        Say(f.Block is not null, $"blocks of {f.Block?.Rows} x {f.Block?.Columns}");
        Say(f.Ratio is not null, $"{f.Ratio?.N}:{f.Ratio?.M} along the inputs");
        Say(f.Modules > 1, $"{f.Modules} separate modules");
        Say(f.Rank is not null, $"rank {f.Rank}");
        Say(f.Magnitudes == 1, $"one magnitude, signs only");
        Say(f.Magnitudes > 1, $"{f.Magnitudes} magnitudes");
        Say(f.NearZeros > 0, $"{f.NearZeros} near zero");
        Say(f.Denormals > 0, $"{f.Denormals} denormal");
        return chips;
    }
}
