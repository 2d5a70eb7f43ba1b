// needs: Simd, Lanes, DenseGemmTile, DenseGemmPack
using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PruneCompiler.Runtime;

/// <summary>C = clamp(alpha A B + bias + residual) for matrices: Gemm, MatMul and attention.</summary>
/// <remarks>
/// B comes packed (<see cref="DenseGemmPack.B"/>), at compile time when it is constant. A is packed here, a block at a time, so that tiles read both operands as
/// streams whatever their strides were. Tiles are 8 rows x 48 columns with AVX-512, 6 x 16 otherwise. Batches are a loop around it.
/// </remarks>
internal static unsafe class DenseGemm
{
    /// <summary>Columns in a panel of packed B.</summary>
    public const int PanelWidth = 16;

    /// <summary>Most steps along K between two visits of a tile of C.</summary>
    private const int BlockK = 512;

    /// <summary>Most rows of A packed at a time: a multiple of 8 and 6; with <see cref="BlockK"/> a part of the level 2 cache.</summary>
    private const int BlockM = 96;

    /// <summary>Most columns of a tile.</summary>
    private const int TileColumns = 48;

    /// <summary>Most rows of a tile.</summary>
    private const int TileRows = 8;

    /// <summary>Floats of scratch memory that <see cref="Run"/> needs.</summary>
    public static int ScratchFloats(int m, int k) =>
        (Math.Min(BlockM, m + TileRows) * Math.Min(k, BlockK)) + (2 * TileRows * TileColumns);

    /// <summary>Runs the widest body that the processor has.</summary>
    /// <param name="a">A: element (i, p) at i * <paramref name="aRow"/> + p * <paramref name="aColumn"/>.</param>
    /// <param name="aRow">Elements from row to row of A.</param>
    /// <param name="aColumn">Elements from column to column of A; either stride should be 1.</param>
    /// <param name="b">Packed B: ceil(n / 16) panels of k * 16 floats. Best aligned to 64 bytes.</param>
    /// <param name="c">C, row-major with <paramref name="cRow"/> elements from row to row; must not overlap A or B.</param>
    /// <param name="cRow">At least n.</param>
    /// <param name="m">Rows of C.</param>
    /// <param name="n">Columns of C.</param>
    /// <param name="k">Columns of A; 0 leaves the bias and the residual.</param>
    /// <param name="alpha">Factor on A B.</param>
    /// <param name="columnBias">n floats added to every row, or null.</param>
    /// <param name="rowBias">m floats, one added to each row, or null.</param>
    /// <param name="residual">A matrix like C added before clamping, with <paramref name="residualRow"/> elements from row to row, or null. May be C itself.</param>
    /// <param name="residualRow">Elements from row to row of the residual.</param>
    /// <param name="lo">Lower bound of the result; negative infinity for none, 0 for Relu.</param>
    /// <param name="hi">Upper bound of the result; infinity for none.</param>
    /// <param name="scratch"><see cref="ScratchFloats"/> floats. Best aligned to 64 bytes.</param>
    public static void Run(
        float* a, nint aRow, nint aColumn, float* b, float* c, nint cRow, int m, int n, int k, float alpha,
        float* columnBias, float* rowBias, float* residual, nint residualRow, float lo, float hi, float* scratch)
    {
        var args = new Arguments
        {
            A = a,
            ARow = aRow,
            AColumn = aColumn,
            B = b,
            C = c,
            CRow = cRow,
            M = m,
            N = n,
            K = k,
            Alpha = alpha,
            ColumnBias = columnBias,
            RowBias = rowBias,
            Residual = residual,
            ResidualRow = residualRow,
            Lo = lo,
            Hi = hi,
            Scratch = scratch,
        };
        if (Lanes512.IsNative)
        {
            Body<Vector512<float>, Lanes512, Size8, Size4, Size3>(args);
        }
        else if (Lanes256.IsNative)
        {
            Body<Vector256<float>, Lanes256, Size6, Size3, Size2>(args);
        }
        else if (Lanes128.IsNative)
        {
            Body<Vector128<float>, Lanes128, Size6, Size3, Size4>(args);
        }
        else
        {
            Scalar(args);
        }
    }

    /// <summary>What <see cref="Run"/> was called with.</summary>
    public struct Arguments
    {
        public float* A, B, C, ColumnBias, RowBias, Residual, Scratch;
        public nint ARow, AColumn, CRow, ResidualRow;
        public int M, N, K;
        public float Alpha, Lo, Hi;
    }

    /// <summary>The body for one vector width.</summary>
    /// <typeparam name="TV">The vector.</typeparam>
    /// <typeparam name="TOps">Its operations.</typeparam>
    /// <typeparam name="TRows">Rows of a full tile.</typeparam>
    /// <typeparam name="TLess">Rows of the smaller tile for what is left over.</typeparam>
    /// <typeparam name="TColumns">Vectors in a row of a full tile.</typeparam>
    public static void Body<TV, TOps, TRows, TLess, TColumns>(in Arguments args)
        where TV : struct
        where TOps : struct, ILanes<TV>
        where TRows : struct, ISize
        where TLess : struct, ISize
        where TColumns : struct, ISize
    {
        if (args.K == 0)
        {
            for (var i = 0; i < args.M; i++)
            {
                for (var j = 0; j < args.N; j++)
                {
                    args.C[(i * args.CRow) + j] = Simd.Clamp(Start(args, i, j), args.Lo, args.Hi);
                }
            }

            return;
        }

        var tile = args.Scratch;
        var packed = args.Scratch + (2 * TileRows * TileColumns);
        // The part of a tile beyond the edge of C is computed from what lies there; and what sums begin with where nothing is added.
        var edges = args.M % TRows.Value != 0 || args.N % PanelWidth != 0;
        new Span<float>(edges ? tile : tile + (TileRows * TileColumns), edges ? 2 * TileRows * TileColumns : TileColumns).Clear();

        // Several equal blocks along K rather than full ones and a small rest.
        var blockK = (args.K + BlockCount(args.K) - 1) / BlockCount(args.K);
        for (var k0 = 0; k0 < args.K; k0 += blockK)
        {
            var k = Math.Min(blockK, args.K - k0);
            for (var m0 = 0; m0 < args.M; m0 += BlockM)
            {
                var m = Math.Min(BlockM, args.M - m0);
                for (int i = 0, at = 0; i < m; i += TRows.Value)
                {
                    var rows = Math.Min(TRows.Value, m - i);
                    var height = rows <= TLess.Value ? TLess.Value : TRows.Value;
                    DenseGemmPack.A(args.A + ((m0 + i) * args.ARow) + (k0 * args.AColumn), args.ARow, args.AColumn, rows, height, k, args.Alpha, packed + at);
                    at += height * k;
                }

                // One vector of 16 lanes is a panel; shorter ones share a panel.
                for (int j = 0, vectors; j < args.N; j += vectors * TOps.Count)
                {
                    vectors = TOps.Count >= PanelWidth ? Split(TColumns.Value, (args.N - j + PanelWidth - 1) / PanelWidth) : TColumns.Value;
                    var panel = args.B + ((nint)(j / PanelWidth) * PanelWidth * args.K) + ((nint)k0 * PanelWidth);
                    for (int i = 0, at = 0; i < m; i += TRows.Value)
                    {
                        var rows = Math.Min(TRows.Value, m - i);
                        var height = rows <= TLess.Value ? TLess.Value : TRows.Value;
                        Place<TV, TOps, TRows, TLess, TColumns>(args, packed + at, panel, k, m0 + i, rows, j, vectors, k0 == 0, k0 + k == args.K, tile);
                        at += height * k;
                    }
                }
            }
        }
    }

    /// <summary>The body for processors without vectors.</summary>
    public static void Scalar(in Arguments args)
    {
        for (var i = 0; i < args.M; i++)
        {
            for (var j = 0; j < args.N; j++)
            {
                var b = args.B + ((nint)(j / PanelWidth) * PanelWidth * args.K) + (j % PanelWidth);
                var a = args.A + (i * args.ARow);
                var sum = 0f;
                for (var p = 0; p < args.K; p++)
                {
                    sum = Simd.MultiplyAdd(a[p * args.AColumn], b[(nint)p * PanelWidth], sum);
                }

                args.C[(i * args.CRow) + j] = Simd.Clamp(Start(args, i, j) + (args.Alpha * sum), args.Lo, args.Hi);
            }
        }
    }

    private static int BlockCount(int k) => (k + BlockK - 1) / BlockK;

    /// <summary>How many of the panels left to take at once: two and two rather than three and one, whose single column would starve the multipliers.</summary>
    private static int Split(int most, int left) => left == most + 1 ? (left + 1) / 2 : Math.Min(most, left);

    private static float Start(in Arguments args, int i, int j) =>
        (args.ColumnBias == null ? 0f : args.ColumnBias[j])
        + (args.RowBias == null ? 0f : args.RowBias[i])
        + (args.Residual == null ? 0f : args.Residual[(i * args.ResidualRow) + j]);

    /// <summary>One tile: decides what its sums begin with, and sends tiles that reach over the edge of C through a small buffer.</summary>
    private static void Place<TV, TOps, TRows, TLess, TColumns>(
        in Arguments args, float* a, float* b, int k, int i, int rows, int j, int vectors, bool first, bool last, float* tile)
        where TV : struct
        where TOps : struct, ILanes<TV>
        where TRows : struct, ISize
        where TLess : struct, ISize
        where TColumns : struct, ISize
    {
        var full = rows <= TLess.Value ? TLess.Value : TRows.Value;
        var width = vectors * TOps.Count;
        var columns = Math.Min(width, args.N - j);
        var c = args.C + (i * args.CRow) + j;
        var edge = rows < full || columns < width;
        var target = edge ? tile : c;
        var targetRow = edge ? TileColumns : args.CRow;
        float* init;
        nint initRow;
        if (!edge && !first)
        {
            init = c;
            initRow = args.CRow;
        }
        else if (first && args.RowBias == null && args.ColumnBias == null && args.Residual == null)
        {
            // The second half of the buffer is free then, and was cleared.
            init = tile + (TileRows * TileColumns);
            initRow = 0;
        }
        else if (!edge && args.RowBias == null && args.ColumnBias == null)
        {
            init = args.Residual + (i * args.ResidualRow) + j;
            initRow = args.ResidualRow;
        }
        else if (columns == width && first && args.RowBias == null && args.Residual == null)
        {
            init = args.ColumnBias + j;
            initRow = 0;
        }
        else
        {
            init = tile + (TileRows * TileColumns);
            initRow = TileColumns;
            Fill<TV, TOps>(args, init, i, rows, j, columns, first);
        }

        var lo = last ? args.Lo : float.NegativeInfinity;
        var hi = last ? args.Hi : float.PositiveInfinity;
        var bVector = TOps.Count >= PanelWidth ? (nint)args.K * PanelWidth : TOps.Count;
        if (full == TRows.Value)
        {
            Call<TV, TOps, TRows>(vectors, a, b, bVector, k, init, initRow, target, targetRow, lo, hi);
        }
        else
        {
            Call<TV, TOps, TLess>(vectors, a, b, bVector, k, init, initRow, target, targetRow, lo, hi);
        }

        if (edge)
        {
            for (var r = 0; r < rows; r++)
            {
                new Span<float>(target + (r * targetRow), columns).CopyTo(new Span<float>(c + (r * args.CRow), columns));
            }
        }
    }

    private static void Call<TV, TOps, TRows>(
        int vectors, float* a, float* b, nint bVector, int k, float* init, nint initRow, float* c, nint cRow, float lo, float hi)
        where TV : struct
        where TOps : struct, ILanes<TV>
        where TRows : struct, ISize
    {
        switch (vectors)
        {
            case 1:
                DenseGemmTile.Run<TV, TOps, TRows, Size1>(a, b, bVector, k, init, initRow, c, cRow, lo, hi);
                break;
            case 2:
                DenseGemmTile.Run<TV, TOps, TRows, Size2>(a, b, bVector, k, init, initRow, c, cRow, lo, hi);
                break;
            case 3:
                DenseGemmTile.Run<TV, TOps, TRows, Size3>(a, b, bVector, k, init, initRow, c, cRow, lo, hi);
                break;
            default:
                DenseGemmTile.Run<TV, TOps, TRows, Size4>(a, b, bVector, k, init, initRow, c, cRow, lo, hi);
                break;
        }
    }

    /// <summary>Writes what the sums of a tile begin with: bias and residual, or what earlier blocks along K left in C.</summary>
    private static void Fill<TV, TOps>(in Arguments args, float* init, int i, int rows, int j, int columns, bool first)
        where TV : struct
        where TOps : struct, ILanes<TV>
    {
        for (var r = 0; r < rows; r++)
        {
            var row = init + (r * TileColumns);
            if (!first)
            {
                new Span<float>(args.C + ((i + r) * args.CRow) + j, columns).CopyTo(new Span<float>(row, columns));
                continue;
            }

            var each = TOps.Create(args.RowBias == null ? 0f : args.RowBias[i + r]);
            var bias = args.ColumnBias == null ? null : args.ColumnBias + j;
            var residual = args.Residual == null ? null : args.Residual + ((i + r) * args.ResidualRow) + j;
            var x = 0;
            for (; x <= columns - TOps.Count; x += TOps.Count)
            {
                var start = bias == null ? each : TOps.Add(TOps.Load(bias + x), each);
                TOps.Store(row + x, residual == null ? start : TOps.Add(start, TOps.Load(residual + x)));
            }

            for (; x < columns; x++)
            {
                row[x] = Start(args, i + r, j + x);
            }
        }
    }
}
