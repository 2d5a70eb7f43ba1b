using PruneCompiler.IR;

namespace PruneCompiler.Operators;

/// <summary>Broadcasting for reference evaluations.</summary>
internal static class BroadcastIndex
{
    /// <summary>The element of a tensor of <paramref name="shape"/> that is used at row-major index <paramref name="index"/> of the shape that it broadcasts to.</summary>
    public static int Of(Shape shape, Shape to, int index)
    {
        int at = 0, step = 1;
        for (int d = to.Rank - 1; d >= 0; d--)
        {
            int own = d - (to.Rank - shape.Rank);
            int i = index % to[d];
            index /= to[d];
            if (own >= 0)
            {
                at += shape[own] == 1 ? 0 : i * step;
                step *= shape[own];
            }
        }

        return at;
    }
}
