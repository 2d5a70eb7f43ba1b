using PruneCompiler.Plan.Layout;

namespace PruneCompiler.Plan.Strategies.SparseTiles;

/// <summary>The shape of a tile of output pixels: what the runtime's SparseTiles works on at a time. A vector is 16 pixels.</summary>
/// <param name="Rows">Vectors below each other.</param>
/// <param name="Columns">Vectors beside each other; divides those of the image.</param>
/// <param name="Step">Elements of the input from one row to the next.</param>
/// <param name="Flat">Rows are the vectors of one flattened plane.</param>
public sealed record TileShape(int Rows, int Columns, long Step, bool Flat)
{
    private const int Vector = 16;

    // As many sums as hide the latency of two multiply-adds a cycle.
    private const int Vectors = 8;

    /// <summary>The shape for a layer.</summary>
    /// <param name="input">What is read.</param>
    /// <param name="output">What is written.</param>
    /// <param name="sharesRows">Taps reach over several image rows or columns: a tile of few columns then copies less for each row. Otherwise whole rows are copied, as they lie.</param>
    public static TileShape Of(PanelLayout input, PanelLayout output, bool sharesRows)
    {
        int columns = (output.ComputedWidth + Vector - 1) / Vector;
        if (output.Rows == 1)
        {
            return new TileShape(Even(columns, Vectors), 1, Vector, true);
        }

        int wide = Enumerable.Range(1, sharesRows ? 2 : Vectors / 2).Last(c => columns % c == 0);
        return new TileShape(Even(output.Rows, Vectors / wide), wide, input.RowStride, false);
    }

    // The largest of equal parts.
    private static int Even(int total, int most)
    {
        int parts = (total + most - 1) / most;
        return (total + parts - 1) / parts;
    }
}
