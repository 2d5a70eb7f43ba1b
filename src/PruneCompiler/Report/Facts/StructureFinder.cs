namespace PruneCompiler.Report;

/// <summary>Looks for every kind of structure in a layer's weights. Time is a few passes over the weights; costly tests are for small layers only.</summary>
public static class StructureFinder
{
    /// <summary>Weights of at most this share of the largest count as near zero.</summary>
    public const float NearZero = 1e-6f;

    /// <summary>Looks at the weights.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="groups">Groups of the convolution: filters of different groups do not share inputs.</param>
    public static StructureFacts Find(WeightMatrix w, int groups = 1)
    {
        float[] values = w.Values;
        float largest = 0;
        foreach (float v in values)
        {
            largest = Math.Max(largest, MathF.Abs(v));
        }

        long nonZeros = 0, near = 0, denormal = 0;
        double roots = 0, sum = 0;
        var magnitudes = new HashSet<float>();
        foreach (float v in values)
        {
            if (v == 0)
            {
                continue;
            }

            float magnitude = MathF.Abs(v);
            nonZeros++;
            near += magnitude <= NearZero * largest ? 1 : 0;
            denormal += float.IsSubnormal(v) ? 1 : 0;
            roots += Math.Sqrt(magnitude);
            sum += magnitude;
            if (magnitudes.Count <= 16)
            {
                magnitudes.Add(magnitude);
            }
        }

        var live = new LiveMatrix(w);
        KernelFacts kernels = KernelFacts.Of(w);
        double left = live.Values.Length == 0 ? 0 : live.Values.Count(v => v == 0) / (double)live.Values.Length;
        return new StructureFacts
        {
            Weights = values.Length,
            NonZeros = nonZeros,
            Filters = w.Outputs,
            ZeroFilters = w.Outputs - live.RowOf.Length,
            RepeatedFilters = groups == 1 ? live.RepeatedRows() : 0,
            Inputs = w.Inputs,
            ZeroInputs = groups == 1 ? w.Inputs - live.LiveInputs : 0,
            Kernels = kernels.Kernels,
            ZeroKernels = kernels.Zero,
            ZeroStripes = kernels.ZeroStripes,
            KernelPatterns = kernels.Patterns,
            KeptPositions = kernels.KeptPositions,
            PositionShares = kernels.Shares,
            Block = left < 0.2 ? null : BlockTest.Block(live),
            Ratio = left < 0.2 ? null : BlockTest.Ratio(w),
            Modules = groups == 1 ? Components.Count(live) : 1,
            Rank = RankTest.Rank(live, nonZeros - near),
            Magnitudes = nonZeros >= 64 && magnitudes.Count <= 16 ? magnitudes.Count : null,
            NearZeros = near,
            Denormals = denormal,
            PqIndex = sum == 0 ? 1 : 1 - (roots * roots / (values.Length * sum)),
        };
    }
}
