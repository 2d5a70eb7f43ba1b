namespace PruneCompiler.Report;

/// <summary>What is zero in the kernels of a convolution.</summary>
/// <param name="Kernels">Pairs of output and input channel.</param>
/// <param name="Zero">Those of zeros only.</param>
/// <param name="ZeroStripes">Kernel positions of a filter that are zero through all its inputs.</param>
/// <param name="Patterns">Different sets of kept positions.</param>
/// <param name="KeptPositions">Most positions that a kernel keeps.</param>
/// <param name="Shares">Per position the share of the live kernels that keep it.</param>
internal sealed record KernelFacts(long Kernels, long Zero, long ZeroStripes, int Patterns, int KeptPositions, double[] Shares)
{
    // Masks are bits of a 64-bit number; larger kernels are rare and not pruned by patterns.
    private const int MostTaps = 64;

    public static KernelFacts Of(WeightMatrix w)
    {
        int taps = w.Taps;
        if (w.Kernel.Length == 0 || taps > MostTaps)
        {
            return new KernelFacts(0, 0, 0, 0, 0, []);
        }

        var patterns = new HashSet<ulong>();
        var kept = new long[taps];
        long zero = 0, stripes = 0;
        int most = 0;
        for (int o = 0; o < w.Outputs; o++)
        {
            ulong all = 0;
            for (int i = 0; i < w.Inputs; i++)
            {
                ulong mask = 0;
                for (int t = 0; t < taps; t++)
                {
                    if (w.Values[(((o * w.Inputs) + i) * taps) + t] != 0)
                    {
                        mask |= 1ul << t;
                        kept[t]++;
                    }
                }

                all |= mask;
                most = Math.Max(most, System.Numerics.BitOperations.PopCount(mask));
                zero += mask == 0 ? 1 : 0;
                if (mask != 0)
                {
                    patterns.Add(mask);
                }
            }

            stripes += taps - System.Numerics.BitOperations.PopCount(all);
        }

        long kernels = (long)w.Outputs * w.Inputs;
        return new KernelFacts(kernels, zero, stripes, patterns.Count, most, Array.ConvertAll(kept, k => kernels == zero ? 0 : k / (double)(kernels - zero)));
    }
}
