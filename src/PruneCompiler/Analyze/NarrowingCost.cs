using PruneCompiler.IR;

namespace PruneCompiler.Analyze;

/// <summary>When it pays to copy the slices that a layer needs out of a value that has others too.</summary>
internal static class NarrowingCost
{
    /// <summary>Multiply-adds that cost as much as copying one element: a load, a store, and the copy's own loop.</summary>
    private const int MultiplyAddsPerElement = 4;

    /// <summary>Below this share of weights that are not zero a layer is expected to run on lists of its weights, where zeros cost nothing.</summary>
    private const double SparseBelow = 0.3;

    /// <summary>True when a copy is cheaper than multiplying with zeros.</summary>
    /// <param name="multiplyAdds">Multiply-adds with zeros that the copy would save, were the layer dense.</param>
    /// <param name="copied">Elements to copy.</param>
    /// <param name="density">Share of the weights left that are not zero.</param>
    public static bool Pays(long multiplyAdds, long copied, double density) =>
        density >= SparseBelow && multiplyAdds >= MultiplyAddsPerElement * copied;

    /// <summary>Share of the elements that are not zero among some slices of an axis.</summary>
    public static double Density(Tensor weights, bool[] zeros, int axis, int[] slices)
    {
        int outer = Grid.Count(weights.Shape.Dims[..axis]), size = weights.Shape[axis], inner = Grid.Count(weights.Shape.Dims[(axis + 1)..]);
        long found = 0;
        for (int o = 0; o < outer; o++)
        {
            foreach (int slice in slices)
            {
                found += zeros.AsSpan(((o * size) + slice) * inner, inner).Count(false);
            }
        }

        return found / Math.Max(1.0, (double)outer * slices.Length * inner);
    }
}
