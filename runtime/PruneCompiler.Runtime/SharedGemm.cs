// needs: Lanes, Panels, SparseRows, Transpose
using System;

namespace PruneCompiler.Runtime;

/// <summary>C = clamp(A W + bias + residual) with W constant, where outputs in groups read the same inputs: the rows of A are tokens, pixels or batch members.</summary>
/// <remarks>
/// A tile of 32 rows of A is brought into [input][row] order. That is a panel of channels with 32 pixels, and the product a 1x1 convolution on it, which
/// <see cref="SparseRows"/> runs: up to 8 outputs side by side, each input loaded once for all of them.
/// </remarks>
internal static unsafe class SharedGemm
{
    /// <summary>Rows of A in a tile.</summary>
    public const int Tokens = 32;

    /// <summary>Floats of scratch memory that <see cref="Run"/> needs.</summary>
    public static int ScratchFloats(int n, int k) => (n + k) * Tokens;

    /// <summary>Runs the product with the widest vectors of the machine.</summary>
    /// <param name="a">A: element (row, input) at row * <paramref name="aRow"/> + input * <paramref name="aColumn"/>.</param>
    /// <param name="aRow">Elements from row to row of A.</param>
    /// <param name="aColumn">Elements from input to input; best 1.</param>
    /// <param name="c">C, row-major; must not overlap A.</param>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Outputs.</param>
    /// <param name="k">Inputs.</param>
    /// <param name="packed">The form of <see cref="SparseRows"/>; input i lies at offset i * 32.</param>
    /// <param name="places">[n] output o's place: o * 32.</param>
    /// <param name="bias">[n], or null.</param>
    /// <param name="residual">A matrix of C's form that is added before clamping, or null. May be C itself.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats. Best aligned to 64 bytes.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    public static void Run(float* a, nint aRow, nint aColumn, float* c, int m, int n, int k, byte* packed, int* places, float* bias, float* residual, float* scratch, float lo, float hi)
    {
        float* x = scratch, y = scratch + ((nint)k * Tokens);
        var epilogue = new PanelEpilogue(n, places, bias, low: lo, high: hi, residual: residual == null ? null : y, residualOffset: places);
        for (int t = 0; t < m; t += Tokens)
        {
            int tokens = Math.Min(Tokens, m - t);
            Bring(a + (t * aRow), aRow, aColumn, tokens, k, x);
            if (residual != null)
            {
                Bring(residual + ((nint)t * n), n, 1, tokens, n, y);
            }

            // Every vector read lies in a row of 32 of x: whole tiles fill it, and a last one is read up to its next multiple of 16.
            SparseRows.Run(new PanelLoops(1, 1, 1, tokens, (tokens + 15) & ~15, 0, 0, 0, 0, 0, 0), x, y, packed, epilogue);
            Transpose.Run(y, Tokens, c + ((nint)t * n), n, n, tokens);
        }
    }

    // Into [column][32 rows]. Rows that do not exist become zeros: no accident of memory may slow down or trap.
    private static void Bring(float* from, nint row, nint column, int rows, int columns, float* to)
    {
        if (column == 1)
        {
            Transpose.Run(from, row, to, Tokens, rows, columns);
        }
        else
        {
            for (int c = 0; c < columns; c++)
            {
                for (int r = 0; r < rows; r++)
                {
                    to[((nint)c * Tokens) + r] = from[(r * row) + (c * column)];
                }
            }
        }

        for (int c = 0; rows < Tokens && c < columns; c++)
        {
            new Span<float>(to + ((nint)c * Tokens) + rows, Tokens - rows).Clear();
        }
    }
}
